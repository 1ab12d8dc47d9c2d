/** What a catalogue has: every text of every page. A language in which one is missing does not compile. */
import type { ErrorCode } from '../../errors.ts'

/** Codes that only the command line, the log and programs meet: no page says them. Whatever is not here needs a sentence in every language. */
export type CodeOffPages =
  | 'account-of-provider'
  | 'address-in-use'
  | 'address-not-available'
  | 'address-not-permitted'
  | 'backup-elsewhere'
  | 'backup-exists'
  | 'backup-unusable'
  | 'client-secret-elsewhere'
  | 'client-without-secret'
  | 'config-invalid'
  | 'config-not-found'
  | 'encryption-key-wrong'
  | 'group-unmatched'
  | 'last-administrator'
  | 'no-other-way-in'
  | 'preflight-refused'
  | 'product-setting-ignored'
  | 'render-target-unwritable'
  | 'secret-not-found'
  | 'session-unknown'
  | 'store-exists'
  | 'store-in-use'
  | 'store-incomplete'
  | 'store-missing'
  | 'store-version-differs'
  | 'team-empty'
  | 'team-of-provider'
  | 'team-unknown'
  | 'user-unknown'

export type CodeOnPages = Exclude<ErrorCode, CodeOffPages>

/** Codes whose sentence has another form where the application is known: with `{application}`. */
export type CodeOfApplication =
  | 'access-denied'
  | 'client-unknown'
  | 'client-method-wrong'
  | 'client-secret-wrong'
  | 'redirect-uri-not-registered'
  | 'sign-in-not-fresh'
  | 'upstream-missing'
  | 'upstream-timeout'
  | 'upstream-unreachable'

/**
 * Words between braces are filled in: `Continue with {title}`. Each language has the same ones in each text (languages.test.ts).
 * A text is a sentence, or the words of a button or a label; none is put together of parts, because their order differs.
 */
export interface Texts {
  /** On every page. */
  frame: {
    language: string
    or: string
    cancel: string
    continue: string
    help: string
  }
  choose: {
    heading: string
    headingFor: string
    continueWith: string
    continueAs: string
    lastUsed: string
    suggested: string
    unavailable: string
    waysIn: string
    currentAccount: string
    leaving: string
    withTitle: string
    localAccount: string
    username: string
    password: string
    signIn: string
    sessionEnded: string
    cancelled: string
    shortened: string
    tryAgainInOne: string
    tryAgainIn: string
  }
  portal: {
    title: string
    heading: string
    signedInAs: string
    empty: string
    signOut: string
  }
  signOut: {
    doneHeading: string
    doneAdvice: string
    signInAgain: string
    title: string
    stillHeading: string
    stillAdvice: string
    askHeading: string
    ask: string
    askAt: string
    signOut: string
    stay: string
  }
  consent: {
    title: string
    heading: string
    asksTo: string
    asksNothing: string
    allow: string
    refuse: string
    useService: string
    openid: string
    profile: string
    email: string
    groups: string
    offline_access: string
  }
  setup: {
    title: string
    heading: string
    note: string
    username: string
    email: string
    password: string
    repeat: string
    create: string
    passwordsDiffer: string
    noAddress: string
  }
  secondFactor: {
    title: string
    signingIn: string
    code: string
    lost: string
    usePasskey: string
    add: string
    whyRequired: string
    whyAdding: string
    stepOpen: string
    stepRead: string
    stepWrite: string
    picture: string
    key: string
    codeOfApp: string
    addApp: string
    codesTitle: string
    codesNote: string
    codesOnce: string
    codesKept: string
    own: string
    elsewhere: string
    off: string
    passwordOnly: string
    since: string
    codesLeftOne: string
    codesLeft: string
    newCodes: string
    newCodesNote: string
    makeCodes: string
    anotherPhone: string
    anotherPhoneNote: string
    useAnother: string
    without: string
    remove: string
    removed: string
    yourPassword: string
  }
  passkeys: {
    signInTitle: string
    signInNote: string
    missing: string
    notUsed: string
    use: string
    otherWays: string
    addTitle: string
    addNote: string
    notMade: string
    name: string
    usualName: string
    make: string
    back: string
    own: string
    elsewhere: string
    what: string
    newOne: string
    sinceUnused: string
    sinceUsed: string
    remove: string
    added: string
    removed: string
  }
  reset: {
    forgotten: string
    title: string
    ask: string
    send: string
    backToSignIn: string
    sentTitle: string
    sent: string
    noLetter: string
    chooseTitle: string
    chooseNote: string
    newPassword: string
    set: string
  }
  sending: {
    heading: string
  }
  failure: {
    whatYouCanDo: string
    forAdministrators: string
    code: string
    request: string
    time: string
    nextStep: string
    trace: string
    copy: string
    copied: string
    signIn: string
    continue: string
    applications: string
    backTo: string
    startAgain: string
    goTo: string
    thisPage: string
    someoneElse: string
    askForAccess: string
    signedInAs: string
    openToNobody: string
    openToPeople: string
    openToTeam: string
    openToTeams: string
    openToTeamAndPeople: string
    openToTeamsAndPeople: string
    /** In place of `{application}`: one page of it. */
    pageOf: string
    /** In place of `{application}`: its name is not known. */
    thisService: string
    adviceWait: string
    adviceLasting: string
    adviceDenied: string
    adviceStartAgain: string
    adviceElse: string
  }
  /** Others may stand here before their code does. */
  errors: Readonly<Record<CodeOnPages, string>> & Readonly<Record<string, string>>
  errorsOfApplication: Readonly<Record<CodeOfApplication, string>>
}
