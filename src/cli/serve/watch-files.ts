/**
 * Notices when files change. It looks at them once a second instead of asking the system: that works for editors that write a new file in
 * the place of the old one, for the links of Kubernetes (`..data`), on network drives and in containers, and costs a few microseconds.
 */
import { stat } from 'node:fs/promises'

/** Milliseconds between two looks. A change is told when nothing has changed for one of them, so that it is whole. */
export const lookEvery = 1_000

export interface Watch {
  stop(): void
}

/**
 * @param files said anew at each look. Links are followed; one that is not there may come.
 * @param since milliseconds since the epoch: the files were read then. What has been written after it counts as a change.
 * @param changed is called after a change, and never while it still runs.
 */
export function watchFiles({
  files,
  since,
  changed,
  every = lookEvery,
}: {
  files: () => readonly string[]
  since: number
  changed: () => Promise<void>
  every?: number
}): Watch {
  const known = new Map<string, FileState>()
  let isChanging = false
  let isStopped = false
  let timer: NodeJS.Timeout

  function differs(file: string, { is, writtenAt }: FileState): boolean {
    const before = known.get(file)
    // A file of which nothing is known has been named by a configuration that was read a moment ago.
    return before === undefined ? writtenAt >= since : before.is !== is
  }

  async function look(): Promise<void> {
    const seen = await statesOf(files())
    const isDifferent = seen.some(([file, state]) => differs(file, state)) || seen.length < known.size
    known.clear()
    for (const [file, state] of seen) known.set(file, state)
    if (isDifferent) isChanging = true
    else if (isChanging) {
      isChanging = false
      await changed()
    }
  }
  const again = () => {
    void look().finally(() => {
      if (!isStopped) timer = setTimeout(again, every).unref()
    })
  }

  again()
  return {
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

interface FileState {
  /** Which file it is, how large, and when it was written. */
  is: string
  writtenAt: number
}

async function statesOf(files: readonly string[]): Promise<[string, FileState][]> {
  return Promise.all([...new Set(files)].map(async (file): Promise<[string, FileState]> => [file, await stateOf(file)]))
}

async function stateOf(file: string): Promise<FileState> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file)
    return { is: [dev, ino, size, mtimeMs, ctimeMs].join(' '), writtenAt: ctimeMs }
  } catch {
    return { is: 'not there', writtenAt: 0 }
  }
}
