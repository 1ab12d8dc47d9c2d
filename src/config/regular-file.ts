import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Whoever opens a pipe waits for its writer, for ever and deaf to signals, unless he says that he does not. */
const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/**
 * The bytes of a file. Throws the error of the file system, and for what is no file, such as a pipe or a device: reading it may never end,
 * and a server that reads its configuration again must not stand still.
 *
 * @param maxBytes longer ones are refused before they are read.
 */
export function readRegularFile(name: string, { maxBytes }: { maxBytes: number }): Buffer {
  const descriptor = openSync(name, withoutWaiting)
  try {
    const found = fstatSync(descriptor)
    if (found.isDirectory()) throw new Error('is a folder')
    if (!found.isFile()) throw new Error('is a pipe or a device, and no file')
    if (found.size > maxBytes) throw new Error(`is larger than ${maxBytes / 2 ** 20} MB`)
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
