import { test } from 'node:test'
import { AppError } from './errors.ts'

test('every mistake of a configuration says where it is and what is wrong there, and nothing else', () => {
  new AppError('config-invalid', { at: 'issuer', problem: 'is missing' })
  new AppError('not-found', { host: 'example.com' })
  // @ts-expect-error: without details nobody knows where to look
  new AppError('config-invalid')
  // @ts-expect-error: another shape
  new AppError('config-invalid', { path: 'issuer', reason: 'is missing' })
  // @ts-expect-error: a third fact
  new AppError('config-invalid', { at: 'issuer', problem: 'is missing', value: 'x' })
})
