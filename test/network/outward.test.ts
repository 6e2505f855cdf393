// Linux's own TCP/IP on networks that lead outward.

import { slipway, slirp4netns } from '../support/subjects.ts'
import { describeOutward } from './_suite.ts'

// libslirp closes where the guest has reset, and leaves a guest waiting for what its host could not reach.
describeOutward(slirp4netns, ['resets, and the world sees that', 'is told of what cannot be reached'])

// Ours carries no IPv6, and says so to whoever asks for such addresses.
describeOutward(slipway(), ['resolves names to IPv6 addresses'])
