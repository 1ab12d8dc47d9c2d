/** The people of the GitHub look-alike: one with a private address, one in more teams than a page has, one outside of every organisation. */

export interface GitHubAccount {
  id: number
  login: string
  name: string
  /** The address in the profile; null: kept private. */
  publicEmail: string | null
  emails: readonly { email: string; primary: boolean; verified: boolean; visibility: 'public' | 'private' | null }[]
  organizations: readonly string[]
  /** Each `organisation:slug`. */
  teams: readonly string[]
}

/** In how many teams the third person is, if nobody says so: more than one page, whatever its size. */
const usualTeams = 120

export function accountsWith({ manyTeams = usualTeams }: { manyTeams?: number | undefined } = {}): GitHubAccount[] {
  return everybody.map((account) =>
    account.login === 'carol'
      ? { ...account, teams: [...numbered('acme:project', manyTeams), 'acme:analysts'] }
      : account,
  )
}

const everybody: readonly GitHubAccount[] = [
  {
    id: 583_231,
    login: 'alice',
    name: 'Alice Archer',
    publicEmail: null,
    emails: [
      // GitHub lists them in any order.
      { email: 'alice@old.example.com', primary: false, verified: false, visibility: null },
      { email: '583231+alice@users.noreply.github.com', primary: false, verified: true, visibility: null },
      { email: 'alice@example.com', primary: true, verified: true, visibility: 'private' },
    ],
    organizations: ['acme'],
    teams: ['acme:analysts', 'acme:data-admins'],
  },
  {
    id: 583_232,
    login: 'bob',
    name: 'Bob Baker',
    publicEmail: 'bob@example.com',
    emails: [{ email: 'bob@example.com', primary: true, verified: true, visibility: 'public' }],
    organizations: ['acme'],
    teams: ['acme:analysts'],
  },
  {
    id: 583_233,
    login: 'carol',
    name: 'Carol Cooper',
    publicEmail: null,
    emails: [{ email: 'carol@example.com', primary: true, verified: true, visibility: 'private' }],
    organizations: [...numbered('club', 60), 'acme'],
    teams: [],
  },
  {
    id: 583_234,
    login: 'ada',
    name: 'Ada Abbot',
    publicEmail: 'alice@example.com',
    // Until an address is verified, several accounts may have it.
    emails: [{ email: 'alice@example.com', primary: true, verified: false, visibility: 'public' }],
    organizations: [],
    teams: [],
  },
]

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${String(index + 1).padStart(3, '0')}`)
}
