/** A letter of plain text to one person. */
export interface Letter {
  /** An address that has been read (username.ts). */
  to: string
  subject: string
  text: string
}
