import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepHangUps, stopSignal } from './signals.ts'

/** A process that notes what it is sent. */
function receiver(platform: NodeJS.Platform = 'linux') {
  const killed: NodeJS.Signals[] = []
  const emitter = new EventEmitter()
  return Object.assign(emitter, {
    pid: 1,
    platform,
    killed,
    kill: (_: number, signal: NodeJS.Signals) => killed.push(signal),
    exited: [] as number[],
    exit(status: number) {
      this.exited.push(status)
    },
    /** What the machine does: a signal that nobody listens for ends the process. */
    send: (signal: NodeJS.Signals) => emitter.emit(signal, signal) || killed.push(signal),
  })
}

test('the first signal says that it should stop, its echo nothing, and a second one of either kind ends it', async () => {
  const machine = receiver()
  const stopped = stopSignal(machine)

  machine.send('SIGINT')
  await stopped
  machine.send('SIGINT')
  assert.deepEqual(machine.killed, [])

  await sleep(80)
  machine.send('SIGTERM')
  assert.deepEqual(machine.killed, ['SIGTERM'])
  assert.equal(machine.listenerCount('SIGINT'), 0)
  await new Promise(setImmediate)
  assert.deepEqual(machine.exited, [143])
})

test('SIGHUP is told to whoever listens, also one that came before, and never ends a process without a terminal', () => {
  const machine = receiver()
  const hangUps = keepHangUps(machine, { hasTerminal: false, terminalIsThere: () => false })
  let told = 0

  machine.send('SIGHUP')
  hangUps.listen(() => told++)
  machine.send('SIGHUP')

  assert.equal(told, 2)
  assert.deepEqual(machine.killed, [])
})

test('in a terminal SIGHUP reloads as long as that is open, and stops when it was closed', () => {
  const machine = receiver()
  let isThere = true
  const hangUps = keepHangUps(machine, { hasTerminal: true, terminalIsThere: () => isThere })
  let told = 0
  hangUps.listen(() => told++)

  machine.send('SIGHUP')
  isThere = false
  machine.send('SIGHUP')

  assert.equal(told, 1)
  assert.deepEqual(machine.killed, ['SIGTERM'])
})

test('Windows sends SIGHUP when a window is closed: that stops', async () => {
  const machine = receiver('win32')
  keepHangUps(machine, { hasTerminal: true, terminalIsThere: () => true })
  const stopped = stopSignal(machine)

  machine.send('SIGHUP')

  await stopped
})
