/** Where the servers of an LDAP directory are, and how they are spoken to. */
import type { LdapServer } from './schema.ts'

/** The issuer of every identity of a class: its servers may change their names, and people stay who they are. */
export function issuerOfDirectory(className: string): string {
  return `ldap:${className}`
}

/** TLS at once, after a first request in clear text, or never. */
export function securityOf({ tls, startTls }: Pick<LdapServer, 'tls' | 'startTls'>): 'plain' | 'ldaps' | 'starttls' {
  if (!tls) return 'plain'
  return startTls ? 'starttls' : 'ldaps'
}

/** The server of a class and its replicas, in the order in which they are asked. Hosts have no brackets. */
export function directoryAddresses(
  directory: Pick<LdapServer, 'hostname' | 'port' | 'tls' | 'startTls' | 'replicas'>,
): { host: string; port: number }[] {
  const usual = securityOf(directory) === 'ldaps' ? 636 : 389
  const replicas = (directory.replicas ?? []).map((text) => {
    const [, host = text, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(text) ?? []
    return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? usual : Number(port) }
  })
  return [{ host: directory.hostname, port: directory.port ?? usual }, ...replicas]
}
