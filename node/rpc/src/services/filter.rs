//! Event filters: an AND of ORs.

use crate::refusal::Refusal;
use proto::ledger::v1::{Event, EventClause, EventFilter, EventTerm};

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
    pub(crate) fn matches(&self, event: &Event) -> bool {
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

fn matches(term: &EventTerm, event: &Event) -> bool {
    let given = |wanted: &String, found: &String| wanted.is_empty() || wanted == found;
    given(&term.module, &event.module)
        && given(&term.name, &event.name)
        && (term.key.is_empty()
            || event
                .attributes
                .iter()
                .any(|field| field.key == term.key && given(&term.value, &field.value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::ledger::v1::EventAttribute;

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

    fn event() -> Event {
        let field = |key: &str, value: &str| EventAttribute {
            key: key.into(),
            value: value.into(),
        };
        Event {
            module: "bank".into(),
            name: "Transferred".into(),
            attributes: vec![field("from", "a"), field("to", "b")],
            ..Event::default()
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
                filter(&clauses).unwrap().matches(&event()),
                expected,
                "{clauses:?}"
            );
        }
        assert!(Filter::new(None).unwrap().matches(&event()));
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
