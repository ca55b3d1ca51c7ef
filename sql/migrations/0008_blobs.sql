-- Whose words a blob holds: it goes when they do. null: nobody's alone, kept for good.

alter table midwatch.blob add column run_id text collate "C";
create index blob_run on midwatch.blob (run_id) where run_id is not null;
