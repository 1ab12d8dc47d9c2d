/** The people of a look-alike. All are made up. */
import { createHash } from 'node:crypto'
import type { DevPerson } from './contract.ts'

/** The same id in every run, so that yesterday's database still knows today who or what it is. */
export function stableId(name: string): string {
  const hex = createHash('sha256').update(`gatehouse dev-idp ${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export function person(givenName: string, familyName: string, groups: readonly string[]): DevPerson {
  const username = givenName.toLowerCase()
  const name = `${givenName} ${familyName}`
  return { username, email: `${username}@example.com`, name, givenName, familyName, groups, id: stableId(username) }
}

/** Those that every vendor knows; with `manyGroups` also carol, who is in that many groups. */
export function everydayPeople(manyGroups: number): DevPerson[] {
  const carol = person('Carol', 'Cooper', groupNames(manyGroups))
  return [
    person('Alice', 'Archer', ['analysts', 'data-admins']),
    person('Bob', 'Baker', ['analysts']),
    ...(manyGroups > 0 ? [carol] : []),
  ]
}

/** `analysts`, then `group-002`, `group-003` and so on. */
function groupNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? 'analysts' : `group-${String(index + 1).padStart(3, '0')}`,
  )
}
