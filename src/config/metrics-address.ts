const written = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]*)):(\d{1,5})$/

/** `9090`, `127.0.0.1:9090`, `[::1]:9090`; `:9090` is every address. A port alone is at `host`. Undefined for anything else. */
export function metricsAddress(text: number | string, host: string): { host: string; port: number } | undefined {
  if (typeof text === 'number' || /^\d{1,5}$/.test(text)) return within(host, Number(text))
  const [, six, name, port] = written.exec(text) ?? []
  return port === undefined ? undefined : within(six ?? (name === '' ? '0.0.0.0' : (name ?? '')), Number(port))
}

function within(host: string, port: number): { host: string; port: number } | undefined {
  return port >= 1 && port <= 65_535 ? { host, port } : undefined
}
