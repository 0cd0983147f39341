/**
 * `statement.dsse.json`: the statement with a signature, as a DSSE envelope (secure-systems-lab/dsse, protocol.md 1.0.0).
 * Keys are Ed25519, in PEM, and the user's: the suite holds none.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson, sha256 } from '../common/canonical-json.ts'
import { InvalidInputError } from '../common/errors.ts'

export const ENVELOPE_FILE = 'statement.dsse.json'
const PAYLOAD_TYPE = 'application/vnd.in-toto+json'

const envelopeSchema = z.strictObject({
  payload: z.base64(),
  payloadType: z.literal(PAYLOAD_TYPE),
  signatures: z.tuple([z.strictObject({ keyid: z.string(), sig: z.base64() })]),
})

/** The text of an envelope with the statement in it. */
export function envelopeOf(statement: Buffer, key: KeyObject): string {
  const sig = sign(null, signedBytes(statement), key).toString('base64')
  return canonicalJson({
    payload: statement.toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: keyId(createPublicKey(key)), sig }],
  })
}

/**
 * Why an envelope is not of this statement, or not signed by this key; undefined if it is.
 * @param key undefined: only the form and the statement are checked
 */
export function envelopeViolation(
  envelope: string,
  statement: Buffer,
  key: KeyObject | undefined,
): string | undefined {
  const parsed = envelopeSchema.safeParse(jsonOf(envelope)).data
  if (parsed === undefined || canonicalJson(parsed) !== envelope)
    return 'is not an envelope that `sign` writes'
  if (parsed.payload !== statement.toString('base64')) return 'signs another statement'
  const [{ keyid, sig }] = parsed.signatures
  if (key === undefined) return undefined
  // The id is only a hint, but `sign` always writes the right one.
  const isSigned =
    keyid === keyId(key) && verify(null, signedBytes(statement), key, Buffer.from(sig, 'base64'))
  return isSigned ? undefined : 'has no signature of this key'
}

/** SHA-256 of the public key in DER, which `openssl pkey -pubin -outform DER | sha256sum` prints too. */
export function keyId(key: KeyObject): string {
  return sha256(key.export({ type: 'spki', format: 'der' }))
}

/** @param name of its file, for messages @throws InvalidInputError if it is not an Ed25519 private key without a passphrase */
export function privateKeyOf(pem: string, name: string): KeyObject {
  if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem))
    throw refused(`${name} is encrypted: decrypt it first, with openssl pkey -in ${name} -out FILE`)
  if (/-----BEGIN PUBLIC KEY/.test(pem))
    throw refused(`${name} is a public key: signing needs the private key`)
  return ed25519Of(() => createPrivateKey(pem), name, 'private')
}

/** @param name of its file, for messages @throws InvalidInputError if it is not an Ed25519 public key */
export function publicKeyOf(pem: string, name: string): KeyObject {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(pem))
    throw refused(
      `${name} is a private key: give the public key, which openssl pkey -in ${name} -pubout prints`,
    )
  return ed25519Of(() => createPublicKey(pem), name, 'public')
}

function ed25519Of(read: () => KeyObject, name: string, kind: 'private' | 'public'): KeyObject {
  let key: KeyObject
  try {
    key = read()
  } catch {
    throw refused(`${name} is not a ${kind} key in PEM`)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw refused(`${name} is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not Ed25519`)
  return key
}

/** DSSE's pre-authentication encoding: the bytes that are signed. */
export function signedBytes(payload: Buffer, type: string = PAYLOAD_TYPE): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `
  return Buffer.concat([Buffer.from(head), payload])
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refused(sentence: string): InvalidInputError {
  return new InvalidInputError([sentence], 'unparsable')
}
