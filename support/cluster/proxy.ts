/**
 * Which proxy the API server is asked through, where its kubeconfig names none: by HTTPS_PROXY, HTTP_PROXY and NO_PROXY
 * as Go programs read them (golang.org/x/net/http/httpproxy), kubectl among them.
 */
import { BlockList, isIP } from 'node:net'
import { InvalidInputError } from '../common/errors.ts'

/** What kubectl takes; `socks5h` lets the proxy look names up, as `socks5` does in Go. */
const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:']

/** @throws InvalidInputError where an address of a proxy is none */
export function proxyFromEnvironment(server: URL, env: NodeJS.ProcessEnv): string | undefined {
  const name = server.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY'
  const proxy = either(env, name)
  if (proxy === '' || !wantsProxy(server, either(env, 'NO_PROXY'))) return undefined
  // A scheme may be left out here, other than in a kubeconfig.
  const url = proxyUrl(proxy) ?? proxyUrl(`http://${proxy}`)
  if (url === undefined) throw new InvalidInputError([`the environment variable ${name} names no proxy`])
  return url
}

/** The address, where it is one that a proxy can have. */
export function proxyUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && SCHEMES.includes(url.protocol) && url.hostname !== '' ? text : undefined
}

/** An address for people: a proxy's may hold a password. */
export function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  return `${url.protocol}//${url.host}`
}

/** Whether NO_PROXY leaves a server to the proxy. This machine's own addresses never are. */
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
  // `example.com` is the host and all below it, `.example.com` and `*.example.com` what is below it.
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
