//! What changed since the last round.

use std::collections::BTreeMap;

use contract::Registry;
use graph::{Cancel, DeltaEnd, DeltaEntry, DeltaLink, DeltaStep};
use serde_json::{Value, json};
use simulator::{Fault, Rule, Simulator};

use crate::world::{World, answer, ty, world};

/// A round as a caller sees it: the last entry of each group, by id.
#[derive(Debug, Default)]
struct Round {
    anew: usize,
    pages: usize,
    entries: usize,
    changed: BTreeMap<String, Vec<String>>,
    removed: Vec<String>,
}

async fn round(world: &World, since: Option<&DeltaLink>) -> (Round, DeltaEnd) {
    let cancel = Cancel::new();
    let mut walk = world.graph.delta(ty("group"), since, &cancel).unwrap();
    let mut round = Round::default();
    while let Some(step) = walk.next_step().await {
        match step {
            DeltaStep::StartOver => round = Round { anew: round.anew + 1, ..Round::default() },
            DeltaStep::Page(entries) => {
                round.pages += 1;
                for entry in entries {
                    round.entries += 1;
                    match entry {
                        DeltaEntry::Changed { item, members } => {
                            let members = members.iter().map(|member| {
                                let sign = if member.removed.is_some() { "-" } else { "+" };
                                format!("{sign}{}", member.id)
                            });
                            round.changed.insert(item.id.clone(), members.collect());
                        }
                        DeltaEntry::Removed { id, .. } => round.removed.push(id),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    (round, walk.end())
}

fn link(end: &DeltaEnd) -> DeltaLink {
    match end {
        DeltaEnd::Complete { link } => link.clone(),
        DeltaEnd::Partial { error } => panic!("{error:?}"),
    }
}

fn code(end: &DeltaEnd) -> &'static str {
    match end {
        DeltaEnd::Partial { error } => error.code(),
        DeltaEnd::Complete { .. } => panic!("the round is complete"),
    }
}

fn members(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| json!({"@odata.type": "#microsoft.graph.user", "id": id})).collect()
}

/// Five groups, two to a page; the first has two members.
async fn groups() -> World {
    world(|state| {
        for number in 0..5 {
            let group = json!({"id": format!("g{number}"), "displayName": format!("Group {number}"), "members": members(if number == 0 { &["u1", "u2"] } else { &[] })});
            state.put("groups", group).unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn the_first_round_gives_everything_and_the_next_only_what_changed() {
    let world = groups().await;
    let (first, end) = round(&world, None).await;
    assert_eq!((first.anew, first.changed.len(), first.pages), (1, 5, 3));
    assert!(first.entries > 5, "the service repeats entries, and that does no harm");
    assert_eq!(first.changed["g0"], ["+u1", "+u2"]);

    let (still, end) = round(&world, Some(&link(&end))).await;
    assert_eq!((still.anew, still.entries), (0, 0));

    world.tenant.rename("groups", "g1", "New name").unwrap();
    world.tenant.set_part("groups", "g0", "members", members(&["u2", "u3"])).unwrap();
    world.tenant.delete("groups", "g4").unwrap();
    let (changes, end) = round(&world, Some(&link(&end))).await;
    assert_eq!(changes.changed.keys().collect::<Vec<_>>(), ["g0", "g1"]);
    assert_eq!(changes.changed["g0"], ["+u3", "-u1"]);
    assert_eq!(changes.removed, ["g4"]);
    assert!(matches!(end, DeltaEnd::Complete { .. }));
    let asked = world.simulator.requests().matching(|request| request.path.contains("groups"));
    assert!(asked.iter().all(|request| request.path_only() == "/v1.0/groups/delta"), "{asked:?}");
}

#[tokio::test]
async fn a_link_that_graph_forgot_makes_everything_come_anew() {
    let world = groups().await;
    let (_, end) = round(&world, None).await;
    let old = link(&end);
    world.tenant.expire_deltas();
    world.tenant.delete("groups", "g4").unwrap();
    let (anew, end) = round(&world, Some(&old)).await;
    assert_eq!((anew.anew, anew.changed.len(), anew.removed.len()), (1, 4, 0));
    assert_eq!(anew.changed["g0"], ["+u1", "+u2"], "members come with a full round too");
    let (still, _) = round(&world, Some(&link(&end))).await;
    assert_eq!(still.entries, 0);

    world.simulator.advance(std::time::Duration::from_hours(24 * 8));
    assert_eq!(round(&world, Some(&link(&end))).await.0.anew, 1, "after seven days as well");
}

#[tokio::test]
async fn a_round_that_graph_forgets_half_way_starts_over_once() {
    let world = groups().await;
    let gone = || Fault::Answer { status: 410, headers: Vec::new(), body: b"{}".to_vec() };
    let (_, end) = round(&world, None).await;
    for number in 0..5 {
        world.tenant.rename("groups", &format!("g{number}"), "Other").unwrap();
    }
    world.simulator.faults().add(Rule::new(gone()).path("skiptoken").times(1));
    let (anew, end) = round(&world, Some(&link(&end))).await;
    assert_eq!((anew.anew, anew.changed.len()), (1, 5));

    world.simulator.faults().add(Rule::new(gone()).path("delta"));
    let (_, end) = round(&world, Some(&link(&end))).await;
    assert_eq!(code(&end), "graph.not_found", "a full round that is refused is not asked for for ever");
}

#[tokio::test]
async fn a_link_of_another_place_is_never_followed() {
    let other = Simulator::new().start().await.unwrap();
    let world = groups().await;
    for elsewhere in [
        format!("{}/v1.0/groups/delta?$deltatoken=x", other.graph_url()),
        format!("{}/beta/groups/delta?$deltatoken=x", world.simulator.graph_url()),
        format!("{}/v1.0/users/delta?$deltatoken=x", world.simulator.graph_url()),
        "nonsense".to_owned(),
    ] {
        let (anew, end) = round(&world, Some(&DeltaLink::new(elsewhere.clone()))).await;
        assert_eq!((anew.anew, anew.changed.len()), (1, 5), "{elsewhere}");
        assert!(matches!(end, DeltaEnd::Complete { .. }));
    }
    for (fault, code_of_fault) in [
        (Fault::ForeignNextLink(other.graph_url()), "graph.foreign_link"),
        (Fault::NextLinkLoop, "graph.page_loop"),
        (answer("{\"value\":[]}"), "graph.unexpected_answer"),
        (answer("{\"value\":[{\"displayName\":\"no id\"}]}"), "graph.unexpected_answer"),
        (answer("{\"value\":[{\"id\":\"g\",\"members@delta\":7}]}"), "graph.unexpected_answer"),
        (Fault::Html, "graph.unexpected_answer"),
    ] {
        let rule = world.simulator.faults().add(Rule::new(fault.clone()).path("delta"));
        assert_eq!(code(&round(&world, None).await.1), code_of_fault, "{fault:?}");
        world.simulator.faults().remove(rule);
    }
    let foreign =
        json!({"value": [], "@odata.deltaLink": format!("{}/v1.0/groups/delta", other.graph_url())});
    world.simulator.faults().add(Rule::new(answer(&foreign.to_string())).path("delta"));
    assert_eq!(code(&round(&world, None).await.1), "graph.foreign_link", "such a link is not kept either");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_round_that_was_not_read_to_its_end_is_partial_and_its_link_is_not_shown() {
    let world = groups().await;
    let cancel = Cancel::new();
    let mut walk = world.graph.delta(ty("group"), None, &cancel).unwrap();
    walk.next_step().await;
    walk.next_step().await;
    assert_eq!(code(&walk.end()), "graph.cancelled");
    let (_, end) = round(&world, None).await;
    assert!(!format!("{end:?}").contains("http"));
    assert!(link(&end).as_str().contains("deltatoken"));
}

#[tokio::test]
async fn only_groups_tell_what_changed() {
    let world = groups().await;
    let cancel = Cancel::new();
    let types = Registry::builtin().types().iter();
    let with: Vec<&str> =
        types.filter(|ty| world.graph.delta(ty, None, &cancel).is_some()).map(|ty| ty.key.as_str()).collect();
    assert_eq!(with, ["group"]);
}
