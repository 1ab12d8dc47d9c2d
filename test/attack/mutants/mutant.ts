/** One deliberately weakened build: a single change of a source that some test must notice. */
export interface Mutant {
  /** Below `src/`. */
  file: string
  /** A text that stands in the file exactly once. */
  from: string
  to: string
  /** What no longer holds: `a session of another service is taken`. */
  weakens: string
  /** The row of test/attack/rows.ts that it opens. */
  row: string
  /** The test files that must notice, the quickest first; without any, those of the part. */
  tests?: readonly string[]
}

/** The tests of a part, for mutants that name none. */
export interface MutatedPart {
  tests: readonly string[]
  mutants: readonly Mutant[]
}
