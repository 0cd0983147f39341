/**
 * The proxy for the API server if the kubeconfig names none: from HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as Go programs
 * such as kubectl read them (golang.org/x/net/http/httpproxy).
 */
import { BlockList, isIP } from 'node:net'
import { InvalidInputError } from '../common/errors.ts'

/** The schemes that kubectl accepts. With `socks5h` the proxy resolves names, as Go does with `socks5`. */
const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:']

/** @throws InvalidInputError if a proxy's address is invalid */
export function proxyFromEnvironment(server: URL, env: NodeJS.ProcessEnv): string | undefined {
  const name = server.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY'
  const proxy = either(env, name)
  if (proxy === '' || !wantsProxy(server, either(env, 'NO_PROXY'))) return undefined
  // Unlike in a kubeconfig, the scheme is optional here.
  const url = proxyUrl(proxy) ?? proxyUrl(`http://${proxy}`)
  if (url === undefined)
    throw new InvalidInputError([`the environment variable ${name} is not a valid proxy address`])
  return url
}

/** The address, if it is valid for a proxy. */
export function proxyUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && SCHEMES.includes(url.protocol) && url.hostname !== '' ? text : undefined
}

/** An address for messages, without the password. */
export function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  return `${url.protocol}//${url.host}`
}

/** Whether NO_PROXY allows the proxy for a server. It is never used for this machine's own addresses. */
export function wantsProxy(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = server.port || (server.protocol === 'http:' ? '80' : '443')
  if (host === 'localhost' || isLoopback(host)) return false
  return !noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => matches(entry, host, port))
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const [net = '', bits] = entry.split('/')
  if (bits !== undefined && isIP(net) !== 0) return isIP(host) !== 0 && inSubnet(host, net, Number(bits))
  const [name, namedPort] = splitPort(entry)
  if (namedPort !== '' && namedPort !== port) return false
  if (isIP(name) !== 0) return isIP(host) !== 0 && inSubnet(host, name, isIP(name) === 4 ? 32 : 128)
  // `example.com` matches the host and its subdomains, `.example.com` and `*.example.com` only the subdomains.
  const suffix = name.replace(/^\*(?=\.)/, '')
  if (suffix === '') return false
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`)
}

function splitPort(entry: string): [string, string] {
  const [, bracketed, behind = ''] = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return [bracketed, behind]
  const [, name, port] = /^([^:]*):(\d+)$/.exec(entry) ?? []
  return name === undefined || port === undefined ? [entry, ''] : [name, port]
}

function inSubnet(address: string, net: string, bits: number): boolean {
  const family = isIP(net)
  if (family !== isIP(address) || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128))
    return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(net, bits, type)
  return list.check(address, type)
}

function isLoopback(host: string): boolean {
  return inSubnet(host, '127.0.0.0', 8) || inSubnet(host, '::1', 128)
}

function either(env: NodeJS.ProcessEnv, name: string): string {
  return env[name] || env[name.toLowerCase()] || ''
}
