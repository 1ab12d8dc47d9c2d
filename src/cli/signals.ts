/** What the machine tells a running server. */

interface Receiver {
  pid: number
  platform: NodeJS.Platform
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  kill(pid: number, signal: NodeJS.Signals): unknown
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
    }
    for (const signal of signals) receiver.on(signal, heard)
  })
}
