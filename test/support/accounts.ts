import { systemClock } from '../../src/clock.ts'
import { createDirectory } from '../../src/directory/index.ts'
import { createLogger } from '../../src/log.ts'
import { createRevocations } from '../../src/sessions/revocations.ts'
import { openStore } from '../../src/store/index.ts'
import type { Gatehouse } from './gatehouse.ts'

/** Accounts in the store of a running server, all at once: a process for each takes half a second. */
export async function addAccounts(
  { folder }: Pick<Gatehouse, 'folder'>,
  names: readonly string[],
  password: string,
): Promise<void> {
  const store = await openStore('sqlite:gatehouse.db', folder)
  try {
    const revocations = createRevocations({ store, log: createLogger({ level: 'silent' }) })
    const naming = { owner: undefined, classes: [], classOfDomain: new Map<string, string>() }
    const { accounts } = createDirectory({ store, teams: {}, naming, revocations, clock: systemClock })
    for (const username of names) {
      await accounts.add({ username, password, email: `${username}@example.test` }, 'test')
    }
  } finally {
    await store.close()
  }
}
