import type { Bus } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { busContract, PARTITIONS, TOPICS_UNDER_TEST } from '../../support/bus-contract.ts';
import { memoryBus } from '../../support/memory-bus.ts';

busContract(async () => {
  const bus = memoryBus({ partitions: PARTITIONS, topics: TOPICS_UNDER_TEST });
  return {
    bus,
    async another(): Promise<Bus> {
      let isClosed = false;
      return {
        ...bus,
        async append(topic, records) {
          if (isClosed) throw new RastroError('RAS-BUS-CLOSED');
          return await bus.append(topic, records);
        },
        async close() {
          isClosed = true;
        },
      };
    },
    async compacted() {
      bus.compact('signals');
    },
    async deleteBefore(topic, partition, offset) {
      bus.deleteBefore(topic, partition, offset);
    },
  };
});
