import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** What one generation of the server has taken: it is closed when it takes nothing any more and all of that is over. */
export interface Tenure {
  /** How much is under way. */
  readonly count: number
  /** Resolves as soon as nothing of it is under way. */
  quiet(): Promise<void>
}

/** Requests and connections of other protocols from the moment they are taken until their last byte. */
export interface UnderWay {
  begin(): Tenure
  /** A request whose answer has not left yet. */
  add(tenure: Tenure, request: IncomingMessage, response: ServerResponse): void
  /** A connection that has changed its protocol. */
  addSocket(tenure: Tenure, socket: Duplex): void
  /** An answer that is not over goes on in another tenure. */
  move(tenure: Tenure, response: ServerResponse): void
  /** The answers that are not over. */
  responses(): ServerResponse[]
  /** A few of them for the log: method and host. */
  described(): string[]
  /** Ends everything with its connection. */
  destroyAll(): void
  readonly count: number
  /** Resolves as soon as nothing is under way. */
  quiet(): Promise<void>
}

type Taken = ServerResponse | Duplex

/** Counts what begins and ends, and wakes who waits until nothing is under way. */
export class Count implements Tenure {
  count = 0
  #waiting: (() => void)[] = []

  begin(): void {
    this.count++
  }

  end(): void {
    this.count--
    if (this.count > 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  quiet(): Promise<void> {
    if (this.count === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

const mostDescribed = 20

function describe(taken: Taken): string {
  if (!('headersSent' in taken)) return 'websocket'
  const { method = '', headers } = taken.req
  return `${method} ${headers.host ?? ''}`
}

export function createUnderWay(): UnderWay {
  const tenures = new Map<Taken, Count>()
  const all = new Count()

  function over(taken: Taken): void {
    const tenure = tenures.get(taken)
    if (tenure === undefined) return
    tenures.delete(taken)
    tenure.end()
    all.end()
  }
  // One function for all of them: this is done for every request that is not answered at once.
  function onClose(this: Taken): void {
    over(this)
  }

  function take(tenure: Tenure, taken: Taken): void {
    if (!(tenure instanceof Count)) throw stranger()
    // Its client has left already: nobody would say that it is over.
    if (taken.destroyed) return
    tenures.set(taken, tenure)
    tenure.begin()
    all.begin()
    taken.on('close', onClose)
  }

  return {
    begin: () => new Count(),
    add(tenure, { socket }, response) {
      take(tenure, response)
      // An answer that waits for the one before it on its connection never closes when the connection does.
      if (response.socket === null) socket.once('close', () => over(response))
    },
    addSocket: take,
    move(tenure, response) {
      const former = tenures.get(response)
      if (!(tenure instanceof Count)) throw stranger()
      if (former === undefined || former === tenure) return
      tenures.set(response, tenure)
      tenure.begin()
      former.end()
    },
    responses: () => [...tenures.keys()].filter((taken) => 'headersSent' in taken),
    described: () => [...tenures.keys()].slice(0, mostDescribed).map(describe),
    destroyAll() {
      for (const taken of tenures.keys()) taken.destroy()
    },
    get count() {
      return all.count
    },
    quiet: () => all.quiet(),
  }
}

function stranger(): TypeError {
  return new TypeError('a tenure that was not begun here')
}
