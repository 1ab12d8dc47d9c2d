import type { Clock } from '../clock.ts'
import type { Surroundings } from '../config/network.ts'
import type { AuthenticationClass, ClassType, Config, LoginEntry } from '../config/schema.ts'
import type { ConnectorOfClass } from './contract.ts'

/** What a connector needs besides the description of its provider. */
export interface ConnectorContext extends Surroundings {
  /** Name of the class. */
  name: string
  entry: LoginEntry
  config: Config
  clock: Clock
}

/** Creates the connector of a class of one type; makes no network call. Throws `secret-not-found`. */
export type ConnectorMaker<Type extends ClassType> = (
  provider: NonNullable<AuthenticationClass[Type]>,
  context: ConnectorContext,
) => ConnectorOfClass | Promise<ConnectorOfClass>
