import * as z from 'zod'
import { line, words } from '../primitives.ts'

export const kubernetes = z
  .strictObject({
    usernamePrefix: line.default('').describe('Precedes every user name.'),
    groupsPrefix: line.default('').describe('Precedes every group.'),
    audiences: words.default([]).describe('Further audiences besides the client id.'),
  })
  .describe('Settings of the API server of Kubernetes.')
