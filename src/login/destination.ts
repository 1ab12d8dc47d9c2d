/** Where people go after signing in: never an address from a parameter, always one that we know. */
export type LoginDestination =
  | { kind: 'home' }
  /** Back to a product that asked the provider. */
  | { kind: 'product'; uid: string }
  /** Back to a service behind the gate. */
  | { kind: 'service'; service: string; returnTo: string; state: string }

const identifier = /^[A-Za-z0-9_-]{1,128}$/
// The gate's own text, returned to it unchanged.
const gateState = /^[A-Za-z0-9_.~-]{1,2048}$/

/** Reads a destination from a query or a form. Anything incomplete is `home`. */
export function parseDestination(fields: { get(name: string): string | null | undefined }): LoginDestination {
  const uid = fields.get('interaction')
  if (uid && identifier.test(uid)) return { kind: 'product', uid }
  const service = fields.get('service')
  const returnTo = fields.get('return_to')
  const state = fields.get('state')
  if (service && identifier.test(service) && returnTo && returnTo.length <= 4096 && state && gateState.test(state)) {
    return { kind: 'service', service, returnTo, state }
  }
  return { kind: 'home' }
}

/** The fields that carry a destination through a form or a link. */
export function destinationFields(destination: LoginDestination): [string, string][] {
  if (destination.kind === 'product') return [['interaction', destination.uid]]
  if (destination.kind === 'home') return []
  return [
    ['service', destination.service],
    ['return_to', destination.returnTo],
    ['state', destination.state],
  ]
}

/** The path below the issuer that leads on to the destination. */
export function continuePath(destination: LoginDestination): string {
  if (destination.kind === 'product') return `/interaction/${destination.uid}`
  if (destination.kind === 'home') return '/'
  return `/login/handoff?${new URLSearchParams(destinationFields(destination))}`
}
