/**
 * The part of kafkajs 2.2.4 below its public interface that the bus is built on: connections, log-in, metadata. The version is
 * pinned exactly; `test/integration/kafka` runs all of it.
 */
declare module 'kafkajs/src/cluster/index.js' {
  export interface PartitionMetadata {
    readonly partitionId: number;
    readonly leader: number;
  }

  export interface Protocol<T> {
    readonly request: {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      /** As its encoder: what was written, and what it was written into. */
      encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    readonly response: {
      decode(raw: Buffer): Promise<T>;
      parse(decoded: T): Promise<T>;
    };
    readonly requestTimeout?: number;
    readonly logResponseError?: boolean;
  }

  export interface Broker {
    readonly nodeId: number;
    readonly connectionPool: { send<T>(protocol: Protocol<T>): Promise<T> };
    initProducerId(request: { readonly transactionTimeout: number }): Promise<{
      readonly producerId: string;
      readonly producerEpoch: number;
    }>;
    disconnect(): Promise<void>;
  }

  export default class Cluster {
    constructor(options: object);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    isConnected(): boolean;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadata(): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
    findBroker(wanted: { readonly nodeId: number | string }): Promise<Broker>;
    findControllerBroker(): Promise<Broker>;
    fetchTopicsOffset(
      topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number }[];
        readonly fromBeginning: boolean;
      }[],
    ): Promise<
      readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
      }[]
    >;
  }
}

declare module 'kafkajs/src/cluster/brokerPool.js' {
  /** The connection to one of the brokers that were named. */
  export interface SeedBroker {
    readonly connectionPool: { readonly host: string; readonly port: number };
    connect(): Promise<void>;
  }

  export default class BrokerPool {
    readonly seedBroker: SeedBroker;
    /** Makes it for the next of them. */
    createSeedBroker(): Promise<void>;
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function socketFactory(): unknown;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    constructor(options: object);
    maybeThrottle(ms: number): void;
    push(request: object): void;
    fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void;
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}

declare module 'kafkajs/src/protocol/error.js' {
  export function createErrorFromCode(
    code: number,
  ): Error & { readonly type: string; readonly retriable: boolean };
}

declare module 'snappyjs' {
  export function compress(bytes: Buffer): Buffer;
  export function uncompress(bytes: Buffer, longest?: number): Buffer;
}
