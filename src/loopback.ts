/** Whether a host name, as `URL` writes it, is that of this machine: `localhost`, `*.localhost` (RFC 6761), 127.0.0.0/8, [::1]. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  )
}
