/**
 * A separate program, to be killed: makes 500 changes of people on the store at the address in the arguments, 25 at a time, and
 * writes a line (an AcknowledgedChange) for each that is acknowledged.
 */
import { writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { createDirectory } from '../../src/directory/index.ts'
import { createLogger } from '../../src/log.ts'
import { createRevocations } from '../../src/sessions/revocations.ts'
import { openStore } from '../../src/store/index.ts'
import type { AcknowledgedChange } from './audited-people.ts'

const [address = '', baseDir = '.'] = process.argv.slice(2)
const names = ['admins', 'analysts', 'readers', 'writers', 'guests']
const configured = Object.fromEntries(names.map((name) => [name, { from: [] }]))
const store = await openStore(address, baseDir)
const revocations = createRevocations({ store, log: createLogger({ level: 'silent' }) })
const naming = { owner: undefined, classes: [], classOfDomain: new Map() }
const { people, teams } = createDirectory({ store, teams: configured, naming, revocations, clock: systemClock })
await teams.follow(configured)

const made: string[] = []
let started = 0

async function worker(): Promise<void> {
  while (started < 500) acknowledge(await oneChange(started++))
}

/** Half of them are creations; the others change somebody who is there, often somebody whom another worker changes too. */
async function oneChange(number: number): Promise<AcknowledgedChange> {
  const user = made[(number * 7) % Math.max(made.length, 1)]
  if (user === undefined || number % 2 === 0) return create(number)
  if (number % 5 === 0) {
    await people.change('test', user, { passwordHash: `hash-${number}` })
    return { user, action: 'user.password-set', after: { password: 'new' } }
  }
  if (number % 3 === 0) {
    const { active } = await people.change('test', user, (person) => ({ active: !person.user.active }))
    return { user, action: active ? 'user.activated' : 'user.deactivated', after: { active } }
  }
  const email = `${number}@example.test`
  const chosen = teamsFor(number)
  const profile = { email, emailVerified: true, name: `Person ${number}` }
  let teamsChange = false
  await people.change('test', user, ({ memberships }) => {
    const before = memberships.filter(({ source }) => source === 'crowd').map(({ team }) => team)
    teamsChange = String(before) !== String(chosen)
    return { profile, teams: { crowd: chosen } }
  })
  if (!teamsChange) return { user, action: 'user.profile-changed', after: profile }
  return { user, action: 'user.changed', after: { ...profile, teams: { crowd: chosen } } }
}

async function create(number: number): Promise<AcknowledgedChange> {
  const username = `person-${number}`
  const chosen = teamsFor(number)
  const { id } = await people.create('test', { username, passwordHash: `hash-${number}`, teams: { local: chosen } })
  made.push(id)
  const after = { username, isAdmin: false, password: 'set', teams: { local: chosen } }
  return { user: id, action: 'user.created', after }
}

function teamsFor(number: number): string[] {
  return names.filter((_, index) => (number + index) % 2 === 0).sort()
}

function acknowledge(change: AcknowledgedChange): void {
  writeSync(1, `${JSON.stringify(change)}\n`)
}

await Promise.all(Array.from({ length: 25 }, worker))
await store.close()
