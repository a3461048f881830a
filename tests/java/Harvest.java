import io.gdcc.xoai.model.oaipmh.results.Record;
import io.gdcc.xoai.serviceprovider.ServiceProvider;
import io.gdcc.xoai.serviceprovider.client.OAIClient;
import io.gdcc.xoai.serviceprovider.client.JdkHttpOaiClient;
import io.gdcc.xoai.serviceprovider.model.Context;
import io.gdcc.xoai.serviceprovider.parameters.ListRecordsParameters;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.oclc.oai.harvester2.verb.HarvesterVerb;
import org.oclc.oai.harvester2.verb.Identify;
import org.oclc.oai.harvester2.verb.ListMetadataFormats;
import org.oclc.oai.harvester2.verb.ListRecords;
import org.oclc.oai.harvester2.verb.ListSets;
import org.w3c.dom.NodeList;

/**
 * Harvests all records with a client that nobody here wrote, and prints what it understood, a line for each thing:
 * {@code java Harvest.java oclc|xoai BASE_URL PREFIX [SET]}.
 */
public class Harvest {
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] args) throws Exception {
    String set = args.length > 3 ? args[3] : null;
    if (args[0].equals("oclc")) {
      withOclc(args[1], args[2], set);
    } else {
      withXoai(args[1], args[2], set);
    }
  }

  /** As DSpace's harvester does: a page at a time, errors and tokens looked up with the client's own methods. */
  private static void withOclc(String baseUrl, String prefix, String set) throws Exception {
    OUT.println("granularity " + new Identify(baseUrl).getSingleString("/oai20:OAI-PMH/oai20:Identify/oai20:granularity"));
    print("format", new ListMetadataFormats(baseUrl), "//oai20:metadataNamespace");
    print("set", new ListSets(baseUrl), "//oai20:setSpec");
    ListRecords page = new ListRecords(baseUrl, null, null, set, prefix);
    while (true) {
      NodeList errors = page.getErrors();
      for (int i = 0; errors != null && i < errors.getLength(); i++) {
        OUT.println("error " + errors.item(i).getAttributes().getNamedItem("code").getNodeValue());
      }
      NodeList headers = page.getNodeList("/oai20:OAI-PMH/oai20:ListRecords/oai20:record/oai20:header");
      for (int i = 0; i < headers.getLength(); i++) {
        String identifier = page.getSingleString(headers.item(i), "oai20:identifier");
        boolean deleted = "deleted".equals(page.getSingleString(headers.item(i), "@status"));
        OUT.println((deleted ? "deleted " : "record ") + identifier);
      }
      String token = errors != null && errors.getLength() > 0 ? "" : page.getResumptionToken();
      if (token == null || token.isEmpty()) {
        return;
      }
      page = new ListRecords(baseUrl, token);
    }
  }

  private static void print(String what, HarvesterVerb response, String path) throws Exception {
    NodeList nodes = response.getNodeList(path);
    for (int i = 0; i < nodes.getLength(); i++) {
      OUT.println(what + " " + nodes.item(i).getTextContent());
    }
  }

  private static void withXoai(String baseUrl, String prefix, String set) throws Exception {
    OAIClient client = JdkHttpOaiClient.newBuilder().withBaseUrl(baseUrl).build();
    Context context = new Context().withBaseUrl(baseUrl).withOAIClient(client);
    if (prefix.equals("oai_dc")) {
      context.withMetadataTransformer(prefix, Context.KnownTransformer.OAI_DC);
    } else {
      context.withMetadataTransformer(prefix, javax.xml.transform.TransformerFactory.newInstance().newTransformer());
    }
    ServiceProvider provider = new ServiceProvider(context);
    OUT.println("granularity " + provider.identify().getGranularity());
    provider.listMetadataFormats().forEachRemaining(f -> OUT.println("format " + f.getMetadataNamespace()));
    provider.listSets().forEachRemaining(s -> OUT.println("set " + s.getSpec()));
    ListRecordsParameters parameters = ListRecordsParameters.request().withMetadataPrefix(prefix);
    provider.listRecords(set == null ? parameters : parameters.withSetSpec(set)).forEachRemaining(Harvest::print);
  }

  private static void print(Record record) {
    boolean deleted = record.getHeader().isDeleted();
    OUT.println((deleted ? "deleted " : "record ") + record.getHeader().getIdentifier());
  }
}
