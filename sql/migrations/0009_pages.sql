-- Pages of a run's children are read in their order.
drop index midwatch.run_parent;
create index run_parent on midwatch.run (parent, step, coalesce(group_no, 0), run_id) where parent is not null;
