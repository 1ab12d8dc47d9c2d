/** Said where a form belongs to no sign-in that is known, or to one of another browser. */
export const loginGone =
  'Restart login cookie not found. It may have expired; it may have been deleted or cookies are disabled in your browser.'
