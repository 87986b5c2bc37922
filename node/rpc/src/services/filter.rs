//! Event filters: an AND of ORs.

use crate::convert::receipt::Occurred;
use crate::refusal::Refusal;
use proto::ledger::v1::{EventClause, EventFilter, EventTerm};

const MAX_CLAUSES: usize = 8;
const MAX_TERMS: usize = 16;
const MAX_TEXT: usize = 256;

/// A filter whose limits were checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter(Vec<EventClause>);

impl Filter {
    /// The filter that a request asks for; none matches everything.
    pub(crate) fn new(asked: Option<EventFilter>) -> Result<Self, Refusal> {
        let clauses = asked.unwrap_or_default().clauses;
        if clauses.len() > MAX_CLAUSES {
            let problem = format!(
                "{} clauses where at most {MAX_CLAUSES} are allowed",
                clauses.len()
            );
            return Err(Refusal::field("filter.clauses", problem));
        }
        for (i, clause) in clauses.iter().enumerate() {
            if clause.terms.is_empty() || clause.terms.len() > MAX_TERMS {
                let problem = format!("{} terms, expected 1 to {MAX_TERMS}", clause.terms.len());
                return Err(Refusal::field(format!("filter.clauses[{i}].terms"), problem));
            }
            for (j, term) in clause.terms.iter().enumerate() {
                check(term)
                    .map_err(|problem| Refusal::field(format!("filter.clauses[{i}].terms[{j}]"), problem))?;
            }
        }
        Ok(Self(clauses))
    }

    /// Whether an event is meant.
    pub(crate) fn matches(&self, event: &Occurred<'_>) -> bool {
        self.0
            .iter()
            .all(|clause| clause.terms.iter().any(|term| matches(term, event)))
    }
}

fn check(term: &EventTerm) -> Result<(), &'static str> {
    let EventTerm {
        module,
        name,
        key,
        value,
    } = term;
    if [module, name, key, value]
        .iter()
        .any(|text| text.len() > MAX_TEXT)
    {
        return Err("a text of more than 256 bytes");
    }
    if key.is_empty() && !value.is_empty() {
        return Err("a value needs the key of its field");
    }
    if module.is_empty() && name.is_empty() && key.is_empty() {
        return Err("nothing is set: say what to match, or leave the clause out");
    }
    Ok(())
}

fn matches(term: &EventTerm, event: &Occurred<'_>) -> bool {
    let given = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    // What costs least comes first.
    given(&term.name, event.name())
        && given(&term.module, &event.module())
        && (term.key.is_empty() || event.values(&term.key).any(|value| given(&term.value, &value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Name;
    use primitives::Height;
    use primitives::address::Network;
    use runtime::Value;

    fn term(module: &str, name: &str, key: &str, value: &str) -> EventTerm {
        let [module, name, key, value] = [module, name, key, value].map(String::from);
        EventTerm {
            module,
            name,
            key,
            value,
        }
    }

    fn filter(clauses: &[&[EventTerm]]) -> Result<Filter, Refusal> {
        let clauses = clauses
            .iter()
            .map(|terms| EventClause {
                terms: terms.to_vec(),
            })
            .collect();
        Filter::new(Some(EventFilter { clauses }))
    }

    /// A transfer from a to b, as the bank says it.
    fn event() -> runtime::Event {
        let bank = runtime::MODULES.iter().find(|id| id.name() == "bank").unwrap();
        let name = |text| Name::new(text).unwrap();
        let label = |text| Value::Label(name(text));
        runtime::Event {
            module: bank.number(),
            name: name("Transferred"),
            attributes: vec![(name("from"), label("a")), (name("to"), label("b"))],
        }
    }

    #[test]
    fn every_clause_and_any_of_its_terms_must_match() {
        let (from_a, to_a, to_b) = (
            term("", "", "from", "a"),
            term("", "", "to", "a"),
            term("bank", "", "to", "b"),
        );
        let burned = term("bank", "Burned", "", "");
        let (network, height, event) = (Network::Development, Height::new(1), event());
        let occurred = Occurred {
            network,
            height,
            transaction: None,
            index: 0,
            event: &event,
        };
        for (clauses, expected) in [
            (vec![], true),
            (vec![&[from_a.clone()][..]], true),
            (vec![&[to_a.clone()][..]], false),
            (vec![&[burned.clone(), to_b.clone()][..]], true),
            (vec![&[from_a.clone()][..], &[to_b][..]], true),
            (vec![&[from_a][..], &[to_a, burned][..]], false),
            (vec![&[term("", "", "to", "")][..]], true),
        ] {
            assert_eq!(
                filter(&clauses).unwrap().matches(&occurred),
                expected,
                "{clauses:?}"
            );
        }
        assert!(Filter::new(None).unwrap().matches(&occurred));
    }

    #[test]
    fn what_is_empty_too_long_or_too_many_is_refused() {
        let good = term("bank", "", "", "");
        let long = term(&"x".repeat(257), "", "", "");
        for wrong in [
            vec![&[][..]],
            vec![&[term("", "", "", "")][..]],
            vec![&[term("bank", "", "", "value without key")][..]],
            vec![&[long][..]],
            vec![&vec![good.clone(); 17][..]],
            vec![&[good][..]; 9],
        ] {
            assert!(filter(&wrong).is_err(), "{wrong:?}");
        }
    }
}
