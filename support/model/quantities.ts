/** The schemas of the quantities in a report: its units and their ranges. */
import { z } from 'zod'
import { PORT_NAMES } from './ports.ts'

export const count = z.number().int().nonnegative()
export const milliseconds = z.number().nonnegative()
export const microseconds = z.number().nonnegative()
/** 0 … 1. */
export const ratio = z.number().min(0).max(1)
export const timestamp = z.iso.datetime({ offset: true })
export const portName = z.enum(PORT_NAMES)
/** 2 if packets were sent in both directions; absent if only from east to west. */
export const directionsSchema = z.literal(2).optional()
/** As in OCI images. */
export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/)
