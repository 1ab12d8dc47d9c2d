/** The Action of Auth0 that sends groups: JavaScript that Auth0 runs after each sign-in. */
import { writeJson } from '../../formats.ts'
import type { Provider } from '../contract.ts'

export function auth0Action({ groupsClaim }: Pick<Provider, 'groupsClaim'>): string {
  // A JSON string is a JavaScript string too (ES2019), so nothing in the name of the claim becomes code.
  const [claim, ...below] = groupsClaim.map((name) => writeJson(name).trimEnd())
  const value = below.reduceRight((inner, name) => `{ ${name}: ${inner} }`, 'groups')
  return [
    '// Sends the roles of Auth0 as groups, to every client. Written by gatehouse render.',
    'exports.onExecutePostLogin = async (event, api) => {',
    '  const groups = event.authorization ? event.authorization.roles : []',
    `  api.idToken.setCustomClaim(${claim}, ${value})`,
    `  api.accessToken.setCustomClaim(${claim}, ${value})`,
    '}',
    '',
  ].join('\n')
}
