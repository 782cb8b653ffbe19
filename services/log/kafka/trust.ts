/**
 * kafkajs tries a broker whose certificate it does not trust, or that does not take its own, as often as one that is away. That does
 * not pass by itself: it is told once every broker that was named has been tried.
 */
import BrokerPool, { type SeedBroker } from 'kafkajs/src/cluster/brokerPool.js';
import { isTrustFailure } from './errors.ts';

/** kafkajs goes round the brokers that were named: the second time that one of them is not trusted, all have been tried. */
export function repairTrust(): void {
  const { createSeedBroker } = BrokerPool.prototype;
  const seen = new WeakMap<BrokerPool, Set<string>>();
  BrokerPool.prototype.createSeedBroker = async function create(this: BrokerPool): Promise<void> {
    await createSeedBroker.call(this);
    const addresses = seen.get(this) ?? new Set();
    seen.set(this, addresses);
    noteDistrust(this.seedBroker, addresses);
  };
}

function noteDistrust(broker: SeedBroker, addresses: Set<string>): void {
  const { host, port } = broker.connectionPool;
  const address = `${host}:${port}`;
  const connect = broker.connect.bind(broker);
  broker.connect = async () => {
    try {
      await connect();
      addresses.clear();
    } catch (error) {
      if (isTrustFailure(error)) {
        if (addresses.has(address)) (error as { retriable?: boolean }).retriable = false;
        addresses.add(address);
      }
      throw error;
    }
  };
}
