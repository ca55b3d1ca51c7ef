-- What a batch's common shape costs, made less: rows of shared meters have numbers, by which a begin's facts name what they
-- hold, and effect rows are written once when they are taken and once when they are settled, where they lie.

alter table midwatch.meter add column id bigint generated always as identity;
alter table midwatch.meter add constraint meter_id unique (id);

-- Begins that are open name their rows by words alone, and could not be settled any more.
do $$
begin
  if exists (
    select from midwatch.run g join midwatch.entry d on d.run_id = g.run_id and d.seq = any(g.open)
     where g.open <> '{}' and strpos(d.facts, ',"place":[') > 0
       and '0' = any(string_to_array(split_part(split_part(d.facts, ',"place":[', 2), ']', 1), ','))) then
    raise exception 'steps that are counted on shared meters are under way: let them be settled by the version before';
  end if;
end $$;

-- `place` > 0 is one of the run's own meters, by its place among the names of the run's pin; < 0 a row of shared ones, by its id.
alter type midwatch.held_charges alter attribute place type bigint[];

-- What a stride leaves in the row of its run; `row` is where that lies.
create type midwatch.strode as (
  row tid, head_seq bigint, head_hash text, open bigint[], used bigint[], reserved bigint[], claims integer
);

-- The function that took a batch in one column of ops.
drop function if exists midwatch.apply(jsonb, text[]);
