/** Which of the three services ask for a sign-in today, and what the rendered files change about that. */
import { UnreadableImport } from '../contract.ts'
import type { Findings } from './findings.ts'
import { type Service, services } from './service-settings.ts'

/** Throws UnreadableImport where the input has no sign-in at all. */
export function readSignIns(found: Findings): void {
  const known = services.map((service) => ({ service, signIn: found.settings.signInOf(service) }))
  const off = known.flatMap(({ service, signIn }) => (signIn?.isOn === false ? [{ service, where: signIn.where }] : []))
  if (!known.some(({ signIn }) => signIn?.isOn)) throw nothingToImport(found, off[0]?.where)
  const unknown = known.filter(({ signIn }) => signIn === undefined).map(({ service }) => service)
  for (const [where, entries] of Map.groupBy(off, ({ where: place }) => place)) {
    reportOff(
      found,
      where,
      entries.map(({ service }) => service),
    )
  }
  if (unknown.length > 0) reportUnknown(found, unknown)
}

function nothingToImport({ where }: Findings, off: string | undefined): UnreadableImport {
  if (off !== undefined) {
    return new UnreadableImport(
      off,
      'the sign-in is off, so there is none to import. Switch it on in a copy to import what is prepared there',
    )
  }
  return new UnreadableImport(
    where,
    'has no variable of flaskoidc (FLASK_OIDC_..., OIDC_...) and no values of its chart (oidc, oidcEnabled)',
  )
}

function reportOff({ notCarried }: Findings, where: string, of: readonly Service[]): void {
  notCarried.push({
    where,
    what: `no sign-in at ${named(of)}`,
    why: `Whoever reaches ${of.length > 1 ? 'them' : 'it'} is let in today; with the rendered ${files(of)} nobody gets through without a sign-in. Leave ${of.length > 1 ? 'these files' : 'this file'} out where that must not change.`,
    effect: 'access',
  })
}

function reportUnknown({ notCarried, where }: Findings, of: readonly Service[]): void {
  notCarried.push({
    where,
    what: `the sign-in of ${named(of)}`,
    why: `Your files do not say whether there is one. Render writes ${files(of)}, with which nobody gets through without it.`,
    effect: 'added',
  })
}

function named(of: readonly Service[]): string {
  const last = of.at(-1) ?? ''
  return of.length > 1 ? `the services ${of.slice(0, -1).join(', ')} and ${last}` : `the ${last} service`
}

function files(of: readonly Service[]): string {
  return of.map((service) => `${service}.env`).join(' and ')
}
