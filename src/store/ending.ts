/**
 * Statements that take access away. They come with those that say so in the log of revocations, and an engine's `write` does not take
 * them: only `revocations.commit` (sessions/) does, and tells every cache what the unit has ended. So nobody can end something and
 * forget to tell.
 */
import type { CompiledQuery } from 'kysely'
import type { Part } from './engine.ts'

/** For `revocations.commit` alone. */
export interface Ending {
  readonly ending: readonly (Part | Telling)[]
}

/** A statement that writes into the log of revocations and returns what it wrote: kind and subject. */
export interface Telling {
  readonly telling: CompiledQuery<unknown>
}

/** A statement that takes access away, for an ending alone. */
export interface Taking {
  readonly takes: CompiledQuery<unknown>
}

/**
 * An ending in its order. `locks` keep what is about to end from getting children meanwhile (row-locks.ts), so that `tells` sees everything
 * that `takes` ends.
 */
export function ending({
  locks = [],
  tells,
  takes,
}: {
  locks?: readonly Part[]
  tells: readonly [CompiledQuery<unknown>, ...CompiledQuery<unknown>[]]
  takes: readonly (Taking | CompiledQuery<unknown>)[]
}): Ending {
  const taken = takes.map((statement) => ('takes' in statement ? statement.takes : statement))
  return { ending: [...locks, ...tells.map((telling) => ({ telling })), ...taken] }
}

/** The parts of a unit in their order, and which of them return revocations. */
export function unitOf(parts: readonly (Part | Ending)[]): { parts: Part[]; telling: number[] } {
  const steps = parts.flatMap((part) => ('ending' in part ? part.ending : [part]))
  return {
    parts: steps.map((step) => ('telling' in step ? step.telling : step)),
    telling: steps.flatMap((step, index) => ('telling' in step ? [index] : [])),
  }
}
