/** What a command sees of the machine, so that it can be run from a test. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  stdout: (text: string) => void
  stderr: (text: string) => void
  /** Whether standard output takes colour. */
  color: boolean
}

/** 0 fine, 1 problems found (each named), 2 the call or the configuration is wrong. */
export type ExitStatus = 0 | 1 | 2
