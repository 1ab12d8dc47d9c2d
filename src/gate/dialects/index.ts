import type { Dialect } from './dialect.ts'
import { nginx } from './nginx.ts'
import { traefik } from './traefik.ts'

/** Every dialect. Each has a prefix of its own. */
export const dialects: readonly Dialect[] = [nginx, traefik]
