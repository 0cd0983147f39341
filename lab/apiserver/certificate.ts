/** Generates a server's certificate, because kubectl sends tokens only over TLS. */
import { generate } from 'selfsigned'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** @param name the DNS name in the certificate; default: the loopback address and `localhost` */
export async function loopbackCertificate(name?: string): Promise<Certificate> {
  const { private: key, cert } = await generate(
    [{ name: 'commonName', value: 'kubevirt-dpdk-checkup-lab' }],
    {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        {
          name: 'subjectAltName',
          altNames:
            name === undefined
              ? [
                  { type: 7, ip: '127.0.0.1' },
                  { type: 2, value: 'localhost' },
                ]
              : [{ type: 2, value: name }],
        },
      ],
    },
  )
  return { key, cert }
}
