import { write, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/**
 * Writes lines without ever waiting for whoever reads them: in batches, and within a bounded memory. A reader that stands still (a full
 * pipe, a stopped terminal) costs lines, which are counted, and never a request.
 */
export interface LogWriter {
  /** Takes whole lines, with their ends. */
  write(lines: string): void
  /** Writes what is waiting now; the callback comes when it is out, or cannot be. */
  flush(done?: () => void): void
  /** Writes what is waiting, and gives up after that many milliseconds. Answers whether everything is out. */
  close(patience?: number): Promise<boolean>
}

/** Where the bytes go: a file descriptor, or a stream that does not block, such as `process.stderr` when it is a pipe. */
export type LogDestination = number | Writable

/** Characters that wait at most, besides the batch that is being written. */
const mostWaiting = 4 * 1024 * 1024
/** Milliseconds for which lines are collected: one system call then writes all of them. */
const collectFor = 20
/** Milliseconds until a descriptor that was full is tried again. */
const triedAgainAfter = 20

type Send = (text: string, done: (error?: Error | null) => void) => void

export function createLogWriter(
  destination: LogDestination,
  {
    limit = mostWaiting,
    lost = () => {},
  }: {
    limit?: number
    /** Called when lines can be written again, with the number of those that could not. */
    lost?: (count: number) => void
  } = {},
): LogWriter {
  const send = typeof destination === 'number' ? toDescriptor(destination) : toStream(destination)
  let waiting = ''
  let busy = false
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  let listeners: (() => void)[] = []
  writeAtExit(() => {
    // Whoever stands still now would keep the process for ever.
    if (typeof destination === 'number' && waiting !== '' && !busy) writeNow(destination, waiting)
    waiting = ''
  })

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (busy) return
    if (waiting === '') {
      const told = listeners
      listeners = []
      for (const tell of told) tell()
      return
    }
    const batch = waiting
    waiting = ''
    busy = true
    send(batch, (error) => {
      busy = false
      if (dropped > 0 && !error) {
        const count = dropped
        dropped = 0
        lost(count)
      }
      // Whoever waits for the end waits no longer than it takes; everybody else lets lines collect again.
      if (listeners.length > 0) flush()
      else if (waiting !== '') timer = setTimeout(flush, collectFor)
    })
  }

  return {
    write: (lines) => {
      if (waiting.length + lines.length > limit) {
        dropped++
        return
      }
      waiting += lines
      if (!busy) timer ??= setTimeout(flush, collectFor)
    },
    flush: (done) => {
      if (done) listeners.push(done)
      flush()
    },
    close: (patience = 1_000) =>
      new Promise((resolve) => {
        const impatience = setTimeout(resolve, patience, false)
        listeners.push(() => {
          clearTimeout(impatience)
          resolve(true)
        })
        flush()
      }),
  }
}

function toStream(stream: Writable): Send {
  return (text, done) => {
    if (stream.destroyed || stream.writableEnded) done(new Error('the reader has left'))
    else stream.write(text, done)
  }
}

function toDescriptor(descriptor: number): Send {
  return (text, done) => {
    const bytes = Buffer.from(text)
    const from = (at: number): void => {
      write(descriptor, bytes, at, bytes.length - at, null, (error, written) => {
        if (error?.code === 'EAGAIN') setTimeout(from, triedAgainAfter, at)
        else if (error || at + written >= bytes.length) done(error)
        else from(at + written)
      })
    }
    from(0)
  }
}

/** For the last moment of a process, when nothing can be waited for. */
function writeNow(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text)
  } catch {
    // A reader that stands still, or a full disk: there is nobody left to tell.
  }
}

const atExit: (() => void)[] = []

function writeAtExit(work: () => void): void {
  if (atExit.push(work) > 1) return
  process.once('exit', () => {
    for (const each of atExit) each()
  })
}

/**
 * Standard error, as a log can write to it without waiting: a pipe by its stream, which asks the kernel first; a file or a terminal by its
 * descriptor, on a thread.
 */
export function standardError(): LogDestination {
  const { stderr } = process
  return stderr instanceof Socket && !stderr.isTTY ? stderr : stderr.fd
}
