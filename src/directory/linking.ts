import { otherSpelling } from '../issuer-text.ts'
import type { AuditTable } from '../store/audit.ts'
import type { Ending } from '../store/ending.ts'
import type { Part } from '../store/engine.ts'
import type { SessionTable } from '../store/sessions.ts'
import type { NewIdentity, Person, UserTable } from '../store/users.ts'

/** What names an identity: the connector's key, and the class under which the person signs in. */
export type IdentityToLink = Pick<NewIdentity, 'issuer' | 'subject' | 'authenticationClass'>

export function keyOfIdentity({ authenticationClass, issuer, subject }: IdentityToLink): IdentityToLink {
  return { authenticationClass, issuer, subject }
}

interface Linking {
  actor: string
  /** Who gets the identity. */
  person: Person
  /** Who has it now. */
  before: Person | undefined
  identity: IdentityToLink
  now: number
}

/**
 * The unit that gives an identity to a person. It takes the place of those that the person had at the same class or provider: they are gone
 * there, and what their last sign-in said must not count any more. Whoever had it loses it with the teams that its class gave. Every
 * session of both ends: the next sign-in settles who has what.
 */
export function linking(
  { actor, person, before, identity, now }: Linking,
  {
    users,
    sessions,
    audit,
  }: {
    users: Pick<UserTable, 'statements'>
    sessions: Pick<SessionTable, 'statements'>
    audit: Pick<AuditTable, 'entry'>
  },
): (Part | Ending)[] {
  const { user, version, identities } = person
  // It may have been stored with a slash at the end of the issuer, or without (see `findByIdentity`).
  const spellings = [identity.issuer, otherSpelling(identity.issuer)]
  const replaced = identities.filter(
    ({ issuer, authenticationClass }) =>
      spellings.includes(issuer) || authenticationClass === identity.authenticationClass,
  )
  const moved = spellings
    .map((issuer) => before?.identities.find((each) => each.issuer === issuer && each.subject === identity.subject))
    .find((each) => each !== undefined)
  const ownName = replaced.find(({ ownName: name }) => name !== undefined)?.ownName ?? moved?.ownName
  const named = { ...identity, issuer: moved?.issuer ?? identity.issuer, ownName, receivedGroups: undefined }
  const kept = identities.filter((each) => !replaced.includes(each))

  return [
    ...(before && moved ? unlinked(before, moved) : []),
    users.statements.takeAway({ id: user.id, version }, { sign_in_email: null }, now, [
      ...replaced.map((each) => users.statements.dropIdentity(each)),
      ...(moved ? [users.statements.moveIdentity(user.id, named)] : []),
      ...sessions.statements.allOfUser(user.id),
    ]),
    ...(moved ? [] : [users.statements.addIdentity(user.id, named, now)]),
    audit.entry(
      {
        actor,
        action: 'user.linked',
        subject: user.id,
        details: {
          before: { identities: identities.map(keyOfIdentity) },
          after: { identities: [...kept, named].map(keyOfIdentity) },
        },
      },
      now,
    ),
  ]

  function unlinked(other: Person, lost: Person['identities'][number]): (Part | Ending)[] {
    const { id } = other.user
    const stays = other.identities.filter((each) => each !== lost)
    const source = lost.authenticationClass
    const isOnly = !stays.some(({ authenticationClass }) => authenticationClass === source)
    const given = other.memberships.filter((membership) => membership.source === source).map(({ team }) => team)
    const left = isOnly ? given : []
    const takes = left.length > 0 ? [users.statements.leave(id, source, left)] : []
    const teams = (names: readonly string[]) => (left.length > 0 ? { teams: { [source]: names } } : {})
    return [
      users.statements.takeAway({ id, version: other.version }, {}, now, [
        ...takes,
        ...sessions.statements.allOfUser(id),
      ]),
      audit.entry(
        {
          actor,
          action: 'user.unlinked',
          subject: id,
          details: {
            before: { identities: other.identities.map(keyOfIdentity), ...teams(given) },
            after: { identities: stays.map(keyOfIdentity), ...teams([]) },
          },
        },
        now,
      ),
    ]
  }
}
