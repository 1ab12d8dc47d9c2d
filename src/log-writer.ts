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

/** Bytes that wait at most, besides the batch that is being written. */
const mostWaiting = 4 * 1024 * 1024
/** Bytes for which memory is taken at once: some more than what busy servers write in one batch. */
const blockSize = 128 * 1024
/** Of a character, as UTF-8. */
const mostBytes = 3
/** Milliseconds for which lines are collected: one system call then writes all of them. */
const collectFor = 20
/** Milliseconds until a descriptor that was full is tried again. */
const triedAgainAfter = 20

type Send = (bytes: Buffer, done: (error?: Error | null) => void) => void

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
  const waiting = createBytes()
  let busy = false
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  let listeners: (() => void)[] = []
  writeAtExit(() => {
    // Whoever stands still now would keep the process for ever.
    const rest = waiting.take()
    if (typeof destination === 'number' && rest.length > 0 && !busy) writeNow(destination, rest)
  })

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (busy) return
    if (waiting.length === 0) {
      const told = listeners
      listeners = []
      for (const tell of told) tell()
      return
    }
    busy = true
    send(waiting.take(), (error) => {
      busy = false
      if (dropped > 0 && !error) {
        const count = dropped
        dropped = 0
        lost(count)
      }
      // Whoever waits for the end waits no longer than it takes; everybody else lets lines collect again.
      if (listeners.length > 0) flush()
      else if (waiting.length > 0) timer = setTimeout(flush, collectFor)
    })
  }

  return {
    write: (lines) => {
      if (waiting.length + lines.length > limit) {
        dropped++
        return
      }
      waiting.add(lines)
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

/** Text as bytes at once: strings that wait would be moved from one part of the heap to the next while they do. */
function createBytes(): { readonly length: number; add(text: string): void; take(): Buffer } {
  let full: Buffer[] = []
  let ofFull = 0
  let block = Buffer.alloc(0)
  let used = 0
  return {
    get length() {
      return ofFull + used
    },
    add: (text) => {
      const room = text.length * mostBytes
      if (used + room > block.length) {
        if (used > 0) full.push(block.subarray(0, used))
        ofFull += used
        used = 0
        block = Buffer.allocUnsafeSlow(Math.max(blockSize, room))
      }
      used += block.write(text, used)
    },
    take: () => {
      const last = block.subarray(0, used)
      const all = full.length === 0 ? last : Buffer.concat([...full, last])
      full = []
      ofFull = 0
      // What was taken is still being written.
      block = block.subarray(used)
      used = 0
      return all
    },
  }
}

function toStream(stream: Writable): Send {
  return (bytes, done) => {
    if (stream.destroyed || stream.writableEnded) done(new Error('the reader has left'))
    else stream.write(bytes, done)
  }
}

function toDescriptor(descriptor: number): Send {
  return (bytes, done) => {
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
function writeNow(descriptor: number, bytes: Buffer): void {
  try {
    writeSync(descriptor, bytes)
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
