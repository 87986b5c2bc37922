//! LedgerService: what comes in pages.

use crate::support::{Running, account, check};
use primitives::address::{Network, format_account};
use proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use proto::ledger::v1::{
    EventClause, EventFilter, EventTerm, ListBlocksRequest, ListEventsRequest, ListHandoversRequest,
    ListTransactionsRequest,
};
use tonic::Code;
use tonic::transport::Channel;

async fn client(running: &Running) -> LedgerServiceClient<Channel> {
    LedgerServiceClient::new(running.channel().await)
}

#[tokio::test]
async fn blocks_come_newest_first_and_do_not_shift_while_the_chain_grows() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let mut request = ListBlocksRequest {
        page_size: 2,
        ..ListBlocksRequest::default()
    };
    let mut heights = Vec::new();
    loop {
        let response = client.list_blocks(request.clone()).await.unwrap().into_inner();
        heights.extend(
            response
                .blocks
                .into_iter()
                .map(|block| block.header.unwrap().height),
        );
        if response.next_page_token.is_empty() {
            break;
        }
        request.page_token = response.next_page_token;
        running.node.grow(1);
    }
    assert_eq!(heights, [5, 4, 3, 2, 1]);
    let request = ListBlocksRequest {
        max_height: 2,
        ..ListBlocksRequest::default()
    };
    assert_eq!(
        client
            .list_blocks(request)
            .await
            .unwrap()
            .into_inner()
            .blocks
            .len(),
        2
    );
}

#[tokio::test]
async fn transactions_come_newest_first_over_block_edges() {
    let running = Running::new().await;
    running.node.prune(2);
    let mut client = client(&running).await;
    let mut request = ListTransactionsRequest {
        page_size: 3,
        max_height: 4,
        ..ListTransactionsRequest::default()
    };
    let mut places = Vec::new();
    loop {
        let response = client
            .list_transactions(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(response.transactions.len() <= 3);
        places.extend(
            response
                .transactions
                .into_iter()
                .map(|one| (one.height, one.index)),
        );
        if response.next_page_token.is_empty() {
            break;
        }
        request.page_token = response.next_page_token;
    }
    assert_eq!(places, [(4, 1), (4, 0), (3, 1), (3, 0), (2, 1), (2, 0)]);
}

#[tokio::test]
async fn transactions_of_an_account_are_those_it_sent_or_is_named_in() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    for (n, expected) in [(1, vec![4, 3, 2]), (9, vec![4, 3, 2]), (5, vec![])] {
        let address = format_account(Network::Development, &account(n));
        let mut request = ListTransactionsRequest {
            address,
            page_size: 2,
            min_height: 2,
            max_height: 4,
            ..ListTransactionsRequest::default()
        };
        let mut heights = Vec::new();
        loop {
            let response = client
                .list_transactions(request.clone())
                .await
                .unwrap()
                .into_inner();
            heights.extend(response.transactions.into_iter().map(|one| one.height));
            if response.next_page_token.is_empty() {
                break;
            }
            request.page_token = response.next_page_token;
        }
        assert_eq!(heights, expected);
    }
}

#[tokio::test]
async fn events_are_filtered_and_paged() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let term = EventTerm {
        module: "bank".into(),
        name: "Transferred".into(),
        key: "recipient".into(),
        value: format_account(Network::Development, &account(9)),
    };
    let filter = EventFilter {
        clauses: vec![EventClause { terms: vec![term] }],
    };
    let mut request = ListEventsRequest {
        filter: Some(filter),
        from_height: 2,
        to_height: 4,
        page_size: 1,
        ..ListEventsRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let response = client.list_events(request.clone()).await.unwrap().into_inner();
        seen.extend(
            response
                .events
                .into_iter()
                .map(|event| (event.height, event.index, event.name)),
        );
        if response.next_page_token.is_empty() {
            break;
        }
        request.page_token = response.next_page_token;
        running.node.grow(1);
    }
    let expected = [2u64, 3, 4].map(|height| (height, 0u32, "Transferred".to_owned()));
    assert_eq!(seen, expected);

    request.filter = None;
    let status = client.list_events(request).await.unwrap_err();
    check(&status, Code::InvalidArgument, "PAGE_TOKEN_INVALID", &[]);
}

#[tokio::test]
async fn a_blocks_own_events_follow_those_of_its_transactions() {
    let running = Running::new().await;
    let request = ListEventsRequest {
        from_height: 3,
        to_height: 3,
        ..ListEventsRequest::default()
    };
    let events = client(&running)
        .await
        .list_events(request)
        .await
        .unwrap()
        .into_inner()
        .events;
    let seen: Vec<_> = events
        .iter()
        .map(|event| (event.index, event.name.as_str(), event.tx_index))
        .collect();
    assert_eq!(seen, [(0, "Transferred", Some(0)), (1, "FeesSettled", None)]);
    assert!(events[1].tx_hash.is_empty());
}

#[tokio::test]
async fn a_filter_that_says_nothing_and_a_pruned_start_are_refused() {
    let running = Running::new().await;
    running.node.prune(3);
    let mut client = client(&running).await;
    let filter = EventFilter {
        clauses: vec![EventClause {
            terms: vec![EventTerm::default()],
        }],
    };
    let request = ListEventsRequest {
        filter: Some(filter),
        ..ListEventsRequest::default()
    };
    let status = client.list_events(request).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "filter.clauses[0].terms[0]")],
    );
    let request = ListEventsRequest {
        from_height: 2,
        ..ListEventsRequest::default()
    };
    let status = client.list_events(request).await.unwrap_err();
    check(&status, Code::OutOfRange, "HEIGHT_PRUNED", &[("earliest", "3")]);
    // Without a start, the list begins with what there is.
    let events = client
        .list_events(ListEventsRequest::default())
        .await
        .unwrap()
        .into_inner()
        .events;
    assert_eq!(events[0].height, 3);
}

#[tokio::test]
async fn handovers_lead_from_genesis_to_the_current_set() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let mut request = ListHandoversRequest {
        page_size: 1,
        ..ListHandoversRequest::default()
    };
    let first = client.list_handovers(request.clone()).await.unwrap().into_inner();
    assert_eq!(first.handovers.len(), 1);
    assert!(
        first.handovers[0].finality.is_none(),
        "genesis made the first set"
    );
    request.page_token = first.next_page_token;
    let second = client.list_handovers(request).await.unwrap().into_inner();
    assert_eq!(second.handovers[0].validator_set.as_ref().unwrap().epoch, 1);
    assert!(second.handovers[0].finality.is_some());
    assert_eq!(second.next_page_token, "");
}
