/** Errors that keep a server unreachable and are not temporary: retrying would only hide them from the user. */
import { errorChain, isSuiteError } from '../common/errors.ts'

/** Codes of Node and OpenSSL: a rejected certificate, TLS to a server without TLS, an unknown host. */
const LASTING = [
  /^(CERT|CRL|ERR_TLS|ERR_SSL|ERR_OSSL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|INVALID_PURPOSE)(_|$)/,
  /^(ENOTFOUND|EPROTO|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERR_INVALID_CHAR|ERR_INVALID_URL)$/,
  /^UND_ERR_(PRX_TLS|INVALID_ARG)$/,
]
/** undici's message for a proxy that opens no tunnel; 4xx is a refusal, 5xx may be temporary. */
const PROXY_REFUSES = /^Proxy response \(4\d\d\)/

/** client-node's message for a token of an auth-provider (gcp, azure) that names no command to renew it. */
const NOT_RENEWED = /^Token is expired!$/

export function isLasting(thrown: unknown): boolean {
  return errorChain(thrown).some((error) => {
    if (isSuiteError(error, 'no-credentials')) return true
    if (!(error instanceof Error)) return false
    if (PROXY_REFUSES.test(error.message) || NOT_RENEWED.test(error.message)) return true
    const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
    return LASTING.some((pattern) => pattern.test(code))
  })
}
