/**
 * One server at most has an SQLite file: each has its own memory of sessions and its own queue of writes. The lock is one of the operating
 * system on a file beside the store, so that it ends with the process, however that ends; the file itself says nothing and stays.
 * Commands beside a running server do not take it.
 */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../errors.ts'
import { fileBehind } from './file-behind.ts'

export interface Alone {
  release(): void
  /** The same where nothing has been made of it: the folder is left as it was. */
  giveUp(): void
}

/** Milliseconds: `isHeld` of somebody else takes less. */
const longestLook = 500
const busy = 5

/** Throws `store-in-use` while another process, or another server of this one, has the file. */
export function holdAlone(file: string): Alone {
  const lock = lockOf(file)
  const wasThere = existsSync(lock)
  const database = new DatabaseSync(lock)
  try {
    chmodSync(lock, 0o600)
    // Nothing is ever written there, so there is nothing to roll back, and no journal to leave behind.
    database.exec(`PRAGMA busy_timeout = ${longestLook}; PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE`)
  } catch (cause) {
    database.close()
    if (isBusy(cause)) throw new AppError('store-in-use', { store: file })
    throw cause
  }
  return {
    release: () => database.close(),
    giveUp: () => {
      if (!wasThere) rmSync(lock, { force: true })
      database.close()
    },
  }
}

/** Whether a server has the file. Changes nothing. */
export function isHeld(file: string): boolean {
  const lock = lockOf(file)
  if (!existsSync(lock)) return false
  const database = new DatabaseSync(lock, { readOnly: true })
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    database.close()
  }
}

/** One for every name that leads to the file. */
function lockOf(file: string): string {
  return `${fileBehind(file)}.lock`
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === busy
}
