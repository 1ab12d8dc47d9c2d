import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openStore } from '../../src/store/index.ts'
import { type AcknowledgedChange, checkAuditedPeople } from './audited-people.ts'

/** Kills a program in the middle of its 500 changes of people on that store: afterwards every change is whole, and none that was acknowledged is missing. */
export async function checkKilledChanges(address: string, baseDir: string): Promise<void> {
  const script = join(import.meta.dirname, 'change-people.ts')
  const child = spawn(process.execPath, [script, address, baseDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const acknowledged: AcknowledgedChange[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(JSON.parse(line) as AcknowledgedChange)
    if (acknowledged.length === 250) child.kill('SIGKILL')
  }
  const [, signal] = await ended
  assert.equal(signal, 'SIGKILL')

  const store = await openStore(address, baseDir)
  try {
    const { users, changes } = await checkAuditedPeople(store, acknowledged)
    assert.ok(users >= 100, `${users} users`)
    assert.ok(changes >= acknowledged.length && changes < 500, `${changes} changes`)
  } finally {
    await store.close()
  }
}
