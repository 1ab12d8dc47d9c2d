/** What the machine tells a running server. */

interface Receiver {
  pid: number
  platform: NodeJS.Platform
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  kill(pid: number, signal: NodeJS.Signals): unknown
  exit(status: number): unknown
}

/** Milliseconds in which a second signal is the first one again: npm hands on the Ctrl-C that the terminal has sent to both. */
const echo = 50

/** Resolves when the process should end: at SIGINT or SIGTERM. A second one ends it at once, as it would end any program. */
export function stopSignal(receiver: Receiver): Promise<void> {
  // Windows knows no SIGHUP but the window that closes.
  const signals: readonly NodeJS.Signals[] =
    receiver.platform === 'win32' ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM']
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const heard = (signal: NodeJS.Signals) => {
      firstAt ??= performance.now()
      resolve()
      if (performance.now() - firstAt < echo) return
      for (const each of signals) receiver.off(each, heard)
      receiver.kill(receiver.pid, signal)
      // The first process of a container survives what would end any other (pid_namespaces(7)).
      setImmediate(() => receiver.exit(signal === 'SIGINT' ? 130 : 143))
    }
    for (const signal of signals) receiver.on(signal, heard)
  })
}

/** Somebody asks for the configuration to be read again, by SIGHUP; or a terminal has gone away with whoever sat there. */
export interface HangUps {
  /** From now on they are told, the early ones too. */
  listen(listener: () => void): void
}

/**
 * From now on SIGHUP ends nothing, except for a process that was started in a terminal, when that is closed. Windows has no SIGHUP of that
 * meaning.
 */
export function keepHangUps(
  receiver: Receiver,
  { hasTerminal, terminalIsThere }: { hasTerminal: boolean; terminalIsThere: () => boolean },
): HangUps {
  let early = false
  let tell = () => {
    early = true
  }
  if (receiver.platform !== 'win32') {
    receiver.on('SIGHUP', () => {
      if (hasTerminal && !terminalIsThere()) receiver.kill(receiver.pid, 'SIGTERM')
      else tell()
    })
  }
  return {
    listen: (listener) => {
      tell = listener
      if (early) listener()
      early = false
    },
  }
}
