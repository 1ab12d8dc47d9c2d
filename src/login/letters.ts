import type { Letter } from '../mail/letter.ts'

/** The letter with a link for somebody who has forgotten the password. */
export function resetLetter({
  to,
  username,
  link,
  issuer,
}: {
  to: string
  username: string
  link: string
  issuer: string
}): Letter {
  return {
    to,
    subject: `A new password for ${new URL(issuer).host}`,
    text: `Somebody, probably you, has asked for a new password for the account ${username} at ${issuer}.

To choose one, open this link within an hour. It works once.

${link}

Did you not ask? Then do nothing: the password stays as it is, and nobody has learnt anything.
`,
  }
}

/** The letter that tells somebody of a new password, in case it was not them. */
export function passwordChangedLetter({
  to,
  username,
  issuer,
}: {
  to: string
  username: string
  issuer: string
}): Letter {
  return {
    to,
    subject: `Your password at ${new URL(issuer).host} was changed`,
    text: `The password of the account ${username} at ${issuer} has just been changed by a link from a letter or from an administrator. Every session has ended.

Was it not you? Tell your administrator.
`,
  }
}
