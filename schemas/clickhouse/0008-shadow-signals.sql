-- Signals of experimental rules stand beside the others and are no analyst's: they are read apart, by whoever judges the rule.

-- statement: signals_shown
CREATE VIEW IF NOT EXISTS signals_shown AS
SELECT * FROM signals_standing WHERE JSONExtractBool(doc, 'shadow') = 0;

-- statement: signals_shadow
CREATE VIEW IF NOT EXISTS signals_shadow AS
SELECT * FROM signals_standing WHERE JSONExtractBool(doc, 'shadow') = 1;
