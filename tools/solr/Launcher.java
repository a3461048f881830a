import java.util.EnumSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.servlet.DispatcherType;
import org.apache.solr.core.CoreContainer;
import org.apache.solr.servlet.CoreContainerProvider;
import org.apache.solr.servlet.SolrDispatchFilter;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.StatisticsHandler;
import org.eclipse.jetty.servlet.FilterHolder;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Solr in a Jetty of its own, without the scripts of its distribution: Launcher HOME PORT (0: any free one).
 * Says "READY url" when the cores are loaded. Ends when its standard input does, so that it never outlives whoever
 * started it, and on SIGTERM; either way requests in flight are answered and the cores closed first.
 */
public class Launcher {
  private static final int LONGEST_QUERY = 65_536; // bytes of a GET

  public static void main(String[] args) throws Exception {
    String home = java.nio.file.Path.of(args[0]).toAbsolutePath().normalize().toString();
    System.setProperty("solr.solr.home", home);
    System.setProperty("jetty.port", args[1]);
    Logger.getLogger("").setLevel(Level.SEVERE); // Jersey complains of optional parts that are absent

    Server server = new Server(new QueuedThreadPool(200, 4));
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.parseInt(args[1]));
    connector.getConnectionFactory(org.eclipse.jetty.server.HttpConnectionFactory.class)
        .getHttpConfiguration().setRequestHeaderSize(LONGEST_QUERY);
    server.addConnector(connector);

    ServletContextHandler solr = new ServletContextHandler(null, "/solr", ServletContextHandler.SESSIONS);
    solr.setResourceBase(home);
    solr.addEventListener(new CoreContainerProvider());
    FilterHolder filter = solr.addFilter(SolrDispatchFilter.class, "/*", EnumSet.of(DispatcherType.REQUEST));
    StatisticsHandler drain = new StatisticsHandler(); // waits for requests in flight
    drain.setHandler(solr);
    server.setHandler(drain);
    server.setStopTimeout(10_000);
    server.setStopAtShutdown(true);
    server.start();

    CoreContainer cores = ((SolrDispatchFilter) filter.getFilter()).getCores();
    cores.waitForLoadingCoresToFinish(60_000); // they load in the background
    cores.getCoreInitFailures().forEach((core, failure) -> System.err.println(core + ": " + failure.exception));
    if (!cores.getCoreInitFailures().isEmpty()) {
      System.exit(1);
    }
    System.out.println("READY http://127.0.0.1:" + connector.getLocalPort() + "/solr");
    while (System.in.read() != -1) {
      // nobody says anything; the end of the stream is the message
    }
    System.exit(0);
  }
}
