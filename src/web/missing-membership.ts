/** What a page says to somebody who is in none of the organisations that may sign in: which they are, and how a member can be unknown as one. */
import { html } from 'hono/html'
import type { AppError } from '../errors.ts'

/** The refusal of a person of GitHub, as the connector tells it. */
export interface MissingMembership {
  /** The address of GitHub, without a slash at the end. */
  github: string
  clientId: string
  organizations: readonly string[]
  /** Each `organisation/slug`. */
  teams: readonly string[]
  /** Organisations may ask for a sign-in of their own there. */
  mayAskForSso: boolean
}

/** Undefined: the error is about something else. */
export function missingMembership({ code, details }: AppError): MissingMembership | undefined {
  const { github, clientId, needs, incomplete } = details
  if (code !== 'person-not-admitted' || typeof github !== 'string' || typeof needs !== 'string') return undefined
  const names = namesIn(needs)
  if (names.length === 0) return undefined
  return {
    github,
    clientId: String(clientId),
    organizations: names.filter((name) => !name.includes('/')),
    teams: names.filter((name) => name.includes('/')),
    mayAskForSso: incomplete !== undefined || /^https:\/\/(?:github\.com|[^/]+\.ghe\.com)$/.test(github),
  }
}

function namesIn(json: string): string[] {
  const names: unknown = JSON.parse(json)
  return Array.isArray(names) ? names.map(String) : []
}

/** Which organisations and teams, then what to do: as a stranger, as a member, as somebody with two accounts. */
export function membershipAdvice(membership: MissingMembership) {
  const { github, clientId, mayAskForSso } = membership
  const settings = `${github}/settings/connections/applications/${encodeURIComponent(clientId)}`
  return html`<p>People of GitHub sign in here as members of ${places(membership)}.</p>
<ul class="plain">
<li>You are no member: ask its owner to add you, accept the invitation, then sign in again.</li>
<li>You are a member: the organisation may not have approved this application. Ask for its approval under “Organization access” in <a href="${settings}">the settings of your GitHub account</a>.</li>
${mayAskForSso ? organizationsOf(membership).map((name) => html`<li>${name} may have a sign-in of its own: <a href="${github}/orgs/${encodeURIComponent(name)}/sso">sign in to ${name}</a>, then here again.</li>`) : ''}
<li>You have another account: sign out at <a href="${github}/logout">GitHub</a>, then sign in here with the other one.</li>
</ul>`
}

function places({ organizations, teams }: MissingMembership) {
  const named = [
    ...organizations.map((name) => html`the organisation <strong>${name}</strong>`),
    ...teams.map((name) => html`the team <strong>${name}</strong>`),
  ]
  return named.flatMap((name, index) => (index === 0 ? [name] : [index === named.length - 1 ? ' or ' : ', ', name]))
}

function organizationsOf({ organizations, teams }: MissingMembership): string[] {
  return [...new Set([...organizations, ...teams.map((team) => team.split('/')[0] ?? '')])]
}
