/** What a statement may name. Lists of what is allowed; where the engine's universe is open, its own catalogue decides. */

/** Table functions that compute from their arguments alone. Every other one that the engine knows is refused. */
export const TABLE_FUNCTIONS_ALLOWED: ReadonlySet<string> = new Set([
  'format',
  'generate_series',
  'generateseries',
  'null',
  'numbers',
  'numbers_mt',
  'values',
  'view',
  'zeros',
  'zeros_mt',
]);

/**
 * Scalar functions that read files, dictionaries, other tables by a name in a string, the network or the host. Scalar
 * functions are too many for a list of the allowed, so these are matched by family (lower case).
 */
export const FUNCTIONS_REFUSED =
  /^(file|filesystem\w*|dict\w*|joinget\w*|hascolumnintable|ai\w+|llm\w*|eval|evalmlmethod|catboost\w*|naivebayes\w*|region\w+|reversednsquery|getserversetting|getmacro|getclienthttpheader|addressto\w+|zookeeper\w*|generateserialid|disk|executable\w*|lemmatize|stem|synonyms)$/;

/** Table engines that keep their rows in the data folder or in memory and reach nothing else. */
export const ENGINES_ALLOWED: ReadonlySet<string> = new Set([
  'MergeTree',
  'ReplacingMergeTree',
  'SummingMergeTree',
  'AggregatingMergeTree',
  'CollapsingMergeTree',
  'VersionedCollapsingMergeTree',
  'CoalescingMergeTree',
  'Memory',
  'Log',
  'TinyLog',
  'StripeLog',
  'Null',
  'Atomic',
]);

/** Tables of `system` that hold structure and never rows or statements of others; readable without the key. */
export const SYSTEM_TABLES_OPEN: ReadonlySet<string> = new Set([
  'build_options',
  'columns',
  'contributors',
  'data_type_families',
  'databases',
  'formats',
  'functions',
  'keywords',
  'merge_tree_settings',
  'numbers',
  'numbers_mt',
  'one',
  'parts',
  'settings',
  'table_engines',
  'table_functions',
  'tables',
  'time_zones',
  'zeros',
  'zeros_mt',
]);

/** What may follow SHOW without the key (SHOW PROCESSLIST would print the statements of others). */
export const SHOW_OPEN: ReadonlySet<string> = new Set([
  'TABLES',
  'DATABASES',
  'CREATE',
  'COLUMNS',
  'FIELDS',
  'INDEX',
  'INDEXES',
  'INDICES',
  'KEYS',
  'ENGINES',
  'FUNCTIONS',
  'SETTINGS',
  'CHANGED',
]);

/**
 * Settings of a statement, by name or family. None of them names a path, a host, a dialect or a user's right; none makes
 * the engine evaluate data as expressions.
 */
export const SETTINGS_ALLOWED =
  /^(?!input_format_values_interpret|\w+_(path|schema)$)(max_\w+|min_\w+|input_format_\w+|output_format_\w+|format_csv_\w+|format_tsv_\w+|format_custom_\w+|format_binary_\w+|date_time_\w+|cast_\w+|join_\w+|optimize_\w+|group_by_\w+|distinct_\w+|read_overflow_mode|result_overflow_mode|sort_overflow_mode|timeout_overflow_mode|set_overflow_mode|insert_\w+|deduplicate_\w+|final|do_not_merge_across_partitions_select_final|session_timezone|extremes|prefer_\w+|aggregation_\w+|any_join_\w+|transform_null_in|data_type_default_nullable|mutations_sync|alter_sync|lightweight_delete\w*|compile_\w+|use_uncompressed_cache|query_plan_\w+|enable_(optimize|analyzer|lightweight|filesystem_read|named_columns|json|variant|dynamic|time)\w*|allow_(experimental_analyzer|suspicious\w*|nullable_key)|validate_\w+|flatten_nested|short_circuit_\w+|aggregate_functions_null_for_empty|union_default_mode|empty_result_for_\w+|limit|offset|priority|receive_timeout|send_timeout|cancel_http_readonly_queries_on_client_close|rows_before_aggregation|exact_rows_before_limit|totals_\w+|async_insert\w*|wait_for_async_insert\w*|log_comment|log_queries|readonly)$/;

/** Settings of a MergeTree table; `disk` and `storage_policy`, which name places, are absent. */
export const TABLE_SETTINGS_ALLOWED =
  /^(index_granularity\w*|min_\w+|max_\w+|merge_\w+|parts_to_\w+|ttl_only_drop_parts|fsync_\w+|non_replicated_deduplication_window|allow_nullable_key|enable_\w+|old_parts_lifetime|deduplicate_merge_projection_mode|ratio_of_\w+|use_\w+|async_block_\w+|clean_deleted_rows|assign_part_uuids|compress_\w+|cleanup_\w+)$/;

/** Settings that are accepted from clients and dropped: inserts are always synchronous, which is stronger. */
export const SETTINGS_DROPPED =
  /^(async_insert\w*|wait_for_async_insert\w*|log_comment|log_queries|readonly)$/;

/** The vault and whatever is named after it: closed without the key. */
export function isProtectedName(name: string): boolean {
  return /^vault/i.test(name);
}
