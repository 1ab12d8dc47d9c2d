import * as z from 'zod'

/**
 * A schema that is made when something is first read by it. Few configurations need more than one or two kinds of products, and the schemas
 * of all of them cost every start megabytes and milliseconds.
 */
export function lately<T extends z.ZodType>(make: () => T): z.ZodLazy<T> {
  const schema = z.lazy(make)
  // Zod would make it to see whether it takes nothing: those who may be absent say so themselves, around it.
  Object.defineProperty(schema._zod, 'optin', { value: undefined })
  return schema
}
